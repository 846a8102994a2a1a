/** Which moments of a flight saw a place, and which ground a moment saw. */
import type { Position } from "../../map/datum";
import type { GroundLook } from "../types";

/** Looks come once a second of video; the ground of a moment is known half a step to either side, and a bit. */
const NEAR_MS = 1000;
/** Looks of one file that lie further apart are two passes. */
const PASS_GAP_MS = 2500;

/** A look with its time parsed once. */
export type Look = GroundLook & { ms: number };

export type Pass = {
  from: number;
  to: number;
  /** The look whose middle came nearest to the place. */
  best: number;
  media: number;
  /** Finest, cm a pixel. */
  gsd_cm: number;
  looks: Look[];
};

export function parseLooks(looks: GroundLook[]): Look[] {
  return looks.map((look) => ({ ...look, ms: Date.parse(look.at) })).sort((a, b) => a.ms - b.ms);
}

/** The nearest look, if one is near enough to say what was in view. */
export function lookAt(looks: Look[], at: number): Look | null {
  const after = firstAfter(looks, at);
  const candidates = [looks[after - 1], looks[after]].filter((look) => look !== undefined);
  let best: Look | null = null;
  for (const look of candidates) {
    const off = Math.abs(look.ms - at);
    if (off <= NEAR_MS && (best === null || off < Math.abs(best.ms - at))) best = look;
  }
  return best;
}

/** Index of the first entry later than `at`. */
export function firstAfter(sorted: { ms: number }[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.ms ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Every time the place came into view, oldest first. */
export function passesAt(looks: Look[], place: Position): Pass[] {
  const passes: Pass[] = [];
  let nearest = Infinity;
  for (const look of looks) {
    if (!inRing(place, look.ring)) continue;
    const off = distance2(place, middle(look.ring));
    const last = passes.at(-1);
    if (last !== undefined && last.media === look.media && look.ms - last.to <= PASS_GAP_MS) {
      last.to = look.ms;
      last.gsd_cm = Math.min(last.gsd_cm, look.gsd_cm);
      last.looks.push(look);
      if (off < nearest) last.best = look.ms;
      nearest = Math.min(nearest, off);
    } else {
      passes.push({ from: look.ms, to: look.ms, best: look.ms, media: look.media, gsd_cm: look.gsd_cm, looks: [look] });
      nearest = off;
    }
  }
  return passes;
}

/** Whether the place is in view at a moment of this pass. */
export function during({ from, to }: Pass, at: number): boolean {
  return from - NEAR_MS / 2 <= at && at <= to + NEAR_MS / 2;
}

/** Even-odd rule; the ring may be closed or not. */
export function inRing([x, y]: Position, ring: Position[]): boolean {
  let inside = false;
  let [px, py] = ring.at(-1) ?? [0, 0];
  for (const [qx, qy] of ring) {
    if (py > y !== qy > y && x < ((qx - px) * (y - py)) / (qy - py) + px) inside = !inside;
    [px, py] = [qx, qy];
  }
  return inside;
}

function middle(ring: Position[]): Position {
  const corners = ring.slice(0, -1);
  const sum = corners.reduce(([lon, lat], [x, y]) => [lon + x, lat + y] as Position, [0, 0] as Position);
  return [sum[0] / corners.length, sum[1] / corners.length];
}

/** Only to compare: squared degrees, the longitudes shrunk to their length at this latitude. */
function distance2(a: Position, b: Position): number {
  const east = (a[0] - b[0]) * Math.cos((a[1] * Math.PI) / 180);
  return east * east + (a[1] - b[1]) ** 2;
}
