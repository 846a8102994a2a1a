/**
 * All media of a flight on one line of time, in milliseconds since 1970.
 *
 * A look carries both its absolute time and its second of the file, so looks decide where a file
 * lies; a file that placed nothing lies where its own clock says, and one without a clock follows
 * the file before it.
 */
import type { FlightReport, GroundLook } from "../types";

export type Segment = {
  /** Its place in `FlightReport.media`. */
  media: number;
  kind: "video" | "photo";
  name: string;
  from: number;
  /** A photo stays until the next one, at most `PHOTO_MS`. */
  to: number;
};
export type Timeline = {
  /** In the order of their time. */
  segments: Segment[];
  from: number;
  to: number;
  /** Whether anything told the time; without, the line counts from 1970. */
  dated: boolean;
};

const PHOTO_MS = 2000;

export function makeTimeline({ media, looks, track }: Pick<FlightReport, "media" | "looks" | "track">): Timeline {
  const known = startsByLook(looks);
  const segments: Segment[] = [];
  let end = track[0] ? Date.parse(track[0].at) : 0;
  let dated = track.length > 0;
  media.forEach(({ kind, name, started_at, duration_s }, index) => {
    if (kind !== "video" && kind !== "photo") return;
    const told = known.get(index) ?? (started_at === null ? undefined : Date.parse(started_at));
    dated ||= told !== undefined;
    const from = told ?? end;
    const to = from + (kind === "video" ? duration_s * 1000 : PHOTO_MS);
    segments.push({ media: index, kind, name, from, to });
    end = to;
  });
  segments.sort((a, b) => a.from - b.from);
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    if (segment.kind === "photo" && next !== undefined) segment.to = Math.min(segment.to, next.from);
  });
  const times = segments.flatMap(({ from, to }) => [from, to]);
  for (const point of [track[0], track.at(-1)]) if (point) times.push(Date.parse(point.at));
  if (times.length === 0) return { segments, from: 0, to: 0, dated: false };
  return { segments, from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)), dated };
}

function startsByLook(looks: GroundLook[]): Map<number, number> {
  const starts = new Map<number, number>();
  for (const { media, at, media_s } of looks) {
    if (!starts.has(media)) starts.set(media, Date.parse(at) - media_s * 1000);
  }
  return starts;
}

/** What the player shows at a moment: the last file that has begun, else the first. */
export function showing({ segments }: Timeline, at: number): Segment | undefined {
  return segments.findLast(({ from }) => from <= at) ?? segments[0];
}

/** Seconds into the file; before its start its first frame, after its end its last. */
export function toMedia({ from, to }: Segment, at: number): number {
  return Math.min(Math.max(at - from, 0), to - from) / 1000;
}

export function toAbsolute({ from }: Segment, seconds: number): number {
  return from + seconds * 1000;
}

/** Where playing is `ms` later. It skips the time that no file shows; null at the end. */
export function advance(timeline: Timeline, at: number, ms: number): number | null {
  const later = at + ms;
  const { segments } = timeline;
  if (segments.length === 0) return later < timeline.to ? later : null;
  if (segments.some(({ from, to }) => from <= later && later < to)) return later;
  return segments.find(({ from }) => from > at)?.from ?? null;
}

/** The file before or after the one that is shown. */
export function neighbour({ segments }: Timeline, shown: Segment | undefined, by: 1 | -1): Segment | undefined {
  const index = segments.findIndex(({ media }) => media === shown?.media);
  return index === -1 ? undefined : segments[index + by];
}
