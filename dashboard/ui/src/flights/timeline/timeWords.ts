/** Times of one flight in words: local time, or, where nothing told the time, since its start. */
import { localTime, mediaClock } from "../../format";

export type TimeWords = {
  /** `10:42:07`, enough beside the date of the flight. */
  clock: (ms: number) => string;
  /** `10:42:07.3`, for stepping through frames. */
  fine: (ms: number) => string;
};

export function timeWords(dated: boolean): TimeWords {
  const iso = (ms: number) => new Date(ms).toISOString();
  if (!dated) return { clock: (ms) => mediaClock(iso(ms)).slice(0, -2), fine: (ms) => mediaClock(iso(ms)) };
  const clock = (ms: number) => localTime(iso(ms)).slice(11, 19);
  return { clock, fine: (ms) => `${clock(ms)}.${Math.floor((((ms % 1000) + 1000) % 1000) / 100)}` };
}
