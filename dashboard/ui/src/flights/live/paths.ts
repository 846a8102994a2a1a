/** The paths of aircraft as lines, as displayed. Pure. */
import type { Datum } from "../../api.types";
import { type Position, toDisplay } from "../../map/datum";
import type { Bounds } from "../../map/graticule";
import type { AircraftNow, TrackPoint } from "../types";

/** Past this, two points are not joined: nobody heard what lay between. Points come every few seconds. */
const GAP_MS = 15_000;

export function pathLines(track: TrackPoint[], now: AircraftNow, datum: Datum): Position[][] {
  const lines: Position[][] = [];
  let last = -Infinity;
  const add = (ms: number, at: Position) => {
    if (ms <= last) return;
    if (ms - last > GAP_MS) lines.push([]);
    lines.at(-1)?.push(toDisplay(datum, at));
    last = ms;
  };
  for (const { at, lon, lat } of track) add(Date.parse(at), [lon, lat]);
  if (now.at !== null && now.lon !== null && now.lat !== null) add(Date.parse(now.at), [now.lon, now.lat]);
  return lines.filter((line) => line.length > 1);
}

/** About 150 m. */
const ROOM_DEG = 0.0015;

/** An aircraft that has hardly moved is shown with the streets around it. */
export function withRoom(bounds: Bounds | null): Bounds | null {
  if (bounds === null) return null;
  const [west, south, east, north] = bounds;
  return [west - ROOM_DEG, south - ROOM_DEG, east + ROOM_DEG, north + ROOM_DEG];
}
