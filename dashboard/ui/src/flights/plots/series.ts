/** What the plots draw, from the track. Pure. */
import type { Point } from "../timeline/track";
import type { Fix } from "../types";

export type Sample = [ms: number, value: number | null];

export const FIXES: Fix[] = ["unknown", "single", "float", "fixed"];

/** Past this the line breaks: nobody knows what lay between. */
const GAP_MS = 5000;

export function line(track: Point[], value: (point: Point) => number | null): Sample[] {
  const samples: Sample[] = [];
  let last: number | null = null;
  for (const point of track) {
    if (last !== null && point.ms - last > GAP_MS) samples.push([last + 1, null]);
    samples.push([point.ms, value(point)]);
    last = point.ms;
  }
  return samples;
}

/** A bearing from -180 to 180; the line breaks where it wraps around, instead of crossing the plot. */
export function bearing(track: Point[]): Sample[] {
  const samples: Sample[] = [];
  let last: number | null = null;
  for (const [ms, value] of line(track, ({ yaw_deg }) => yaw_deg)) {
    const turned = value === null ? null : ((((value + 180) % 360) + 360) % 360) - 180;
    if (last !== null && turned !== null && Math.abs(turned - last) > 180) samples.push([ms, null]);
    samples.push([ms, turned]);
    last = turned;
  }
  return samples;
}

export function quality(track: Point[]): Sample[] {
  return line(track, ({ fix }) => FIXES.indexOf(fix));
}
