/** How fast an upload goes, over the last seconds. Pure. */

export type Sample = { ms: number; sent: number };

/** Long enough to smooth over the pause between two chunks, short enough to notice a slow network. */
const WINDOW_MS = 10_000;

/** Drops what is old, and everything when bytes went back: a file was removed. */
export function sample(samples: Sample[], now: Sample): Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && now.sent < last.sent) return [now];
  return [...samples.filter(({ ms }) => now.ms - ms <= WINDOW_MS), now];
}

/** Bytes a second; null until there is something to tell. */
export function speed(samples: Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.ms - first.ms < 1000) return null;
  return ((last.sent - first.sent) / (last.ms - first.ms)) * 1000;
}

export function secondsLeft(left: number, bytesPerSecond: number | null): number | null {
  return bytesPerSecond === null || bytesPerSecond < 1 ? null : left / bytesPerSecond;
}
