/** Where the aircraft was at a moment, between two points of its track. */
import type { Position } from "../../map/datum";
import type { TrackPoint } from "../types";
import { firstAfter } from "./looks";

/** Past this, two points say nothing about what lay between them. */
const GAP_MS = 5000;

export type Point = TrackPoint & { ms: number };
export type Aircraft = { at: Position; heading_deg: number | null; point: Point };

export function parseTrack(track: TrackPoint[]): Point[] {
  return track.map((point) => ({ ...point, ms: Date.parse(point.at) })).sort((a, b) => a.ms - b.ms);
}

export function aircraftAt(track: Point[], at: number): Aircraft | null {
  const index = firstAfter(track, at);
  const before = track[index - 1];
  const after = track[index];
  if (before === undefined || after === undefined || after.ms - before.ms > GAP_MS) {
    const near = [before, after].find((point) => point !== undefined && Math.abs(point.ms - at) <= GAP_MS);
    return near === undefined ? null : { at: [near.lon, near.lat], heading_deg: facing(near), point: near };
  }
  const share = (at - before.ms) / (after.ms - before.ms);
  const mix = (a: number, b: number) => a + (b - a) * share;
  const [a, b] = [facing(before), facing(after)];
  return {
    at: [mix(before.lon, after.lon), mix(before.lat, after.lat)],
    heading_deg: a === null || b === null ? (a ?? b) : a + turn(a, b) * share,
    point: share < 0.5 ? before : after,
  };
}

/** The shortest turn between two bearings, -180 to 180. */
export function turn(from: number, to: number): number {
  return ((((to - from) % 360) + 540) % 360) - 180;
}

/** The aircraft's own heading; where it is unknown, that of the camera. */
function facing({ heading_deg, yaw_deg }: TrackPoint): number | null {
  return heading_deg ?? yaw_deg;
}
