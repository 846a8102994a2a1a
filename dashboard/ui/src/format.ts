/** Numbers and times as people read them. Pure; the words come in from outside. */
import type { Alert } from "./api.types";
import type { Language, Translate } from "./i18n";

export type TimeBasis = Alert["time_basis"];
export type Formats = ReturnType<typeof formats>;

export function formats(t: Translate, language: Language) {
  const number = new Intl.NumberFormat(language);
  const media = (time: string) => t("time.media", { time: mediaClock(time) });

  return {
    /** Local time with its zone, or the time within the clip. */
    time: (time: string, basis: TimeBasis = "capture") =>
      basis === "media" ? media(time) : localTime(time),
    shortTime: (time: string, basis: TimeBasis = "capture") =>
      basis === "media" ? media(time) : localTime(time).slice(5, 19),
    duration: (seconds: number) => duration(seconds, t),
    count: (n: number) => number.format(n),
  };
}

/**
 * `2026-05-01 08:12:03 GMT+8`: local time and its zone, in an order that no language misreads.
 */
export function localTime(time: string, timeZone?: string): string {
  const format = timeZone === undefined ? LOCAL : stamp(timeZone);
  const parts = new Map(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
  const get = (part: Intl.DateTimeFormatPartTypes) => parts.get(part) ?? "";
  const date = [get("year"), get("month"), get("day")].join("-");
  return `${date} ${get("hour")}:${get("minute")}:${get("second")} ${get("timeZoneName")}`;
}

/** Kept, because making one costs more than all the formatting of a page. */
const LOCAL = stamp(undefined);

function stamp(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "shortOffset",
    timeZone,
  });
}

/** Seconds with a tenth below a minute, because a dwell limit may be missed by less than a second. */
export function duration(seconds: number, t: Translate): string {
  if (seconds < 59.95) return t("unit.s", { n: Number(seconds.toFixed(1)) });
  const whole = Math.round(seconds);
  if (whole < 3600 && whole % 60 === 0) return t("unit.min", { m: whole / 60 });
  if (whole < 3600) return t("unit.min_s", { m: Math.floor(whole / 60), s: whole % 60 });
  return t("unit.h_min", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}

/** `1970-01-01T00:01:12.34Z` is 1:12.3 into the clip. Truncates, so that no frame is dated ahead. */
export function mediaClock(time: string): string {
  const tenths = Math.floor(Date.parse(time) / 100);
  const seconds = Math.floor(tenths / 10);
  const clock = [Math.floor((seconds % 3600) / 60), seconds % 60].map((n) => String(n).padStart(2, "0"));
  if (seconds >= 3600) clock.unshift(String(Math.floor(seconds / 3600)));
  return `${clock.join(":")}.${tenths % 10}`;
}

/** Never rounds up to 100 %: certainty is not something a detector has. */
export function percent(fraction: number): string {
  const tenths = Math.floor(fraction * 1000 + 1e-9) / 10;
  return `${tenths.toFixed(1)} %`;
}

export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1000).toFixed(1)} kB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

/** How long the object has been seen standing, up to now or to its end. */
export function dwellSoFar(alert: Pick<Alert, "since" | "last_seen" | "ended_at" | "dwell_s">): number {
  const until = Date.parse(alert.ended_at ?? alert.last_seen);
  return Math.max(alert.dwell_s, (until - Date.parse(alert.since)) / 1000);
}

/** Six decimals are a decimetre; more would claim what no camera can see. */
export function degrees(value: number): string {
  return `${value.toFixed(6)}°`;
}

/** Always with its sign, so that ahead and behind cannot be mixed up. */
export function signed(seconds: number): string {
  return `${seconds < 0 ? "−" : "+"}${Math.abs(seconds).toFixed(2)}`;
}

export function metres(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}
