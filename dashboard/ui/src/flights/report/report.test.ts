import { expect, test } from "vitest";
import { parseLooks } from "../timeline/looks";
import type { Finding, FlightWarning, GroundLook, WarningCode } from "../types";
import { flightTranslator } from "../words";
import { groupWarnings } from "./groupWarnings";
import { bestMoment } from "./moments";

const T0 = Date.parse("2026-05-01T02:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

/** A picture two degrees wide whose middle moves one degree a second. */
function look(seconds: number): GroundLook {
  const x = seconds;
  return { at: at(seconds), media: 0, media_s: seconds, ring: [[x - 1, -1], [x + 1, -1], [x + 1, 1], [x - 1, 1], [x - 1, -1]], gsd_cm: 2, objects: 1 };
}

function finding(lon: number, first: number, last: number): Finding {
  return {
    track: 1, class: "car", score: 1, lon, lat: 0, ellipse95: { semi_major_m: 1, semi_minor_m: 1, bearing_deg: 0 },
    first_seen: at(first), last_seen: at(last), sightings: 1, passes: 1, motion: "standing", alerts: [],
  };
}

test.each<[string, Finding, number]>([
  ["in the middle of the picture", finding(5.2, 4.3, 6.1), 5],
  ["never before it was seen", finding(5.2, 5.4, 6.1), 5.4],
  ["when it was first seen, if no look holds it", finding(50, 3, 4), 3],
])("a finding is shown %s", (_name, found, expected) => {
  const looks = parseLooks([...Array(10).keys()].map(look));
  expect((bestMoment(looks, found) - T0) / 1000).toBeCloseTo(expected, 6);
});

/** A record, so that a code that Rust adds and `types.ts` takes over is missed here at once. */
const CODES: Record<WarningCode, true> = {
  unreadable: true, truncated: true, bad_entry: true, no_position: true, no_attitude: true, no_height: true, no_lens: true,
  lens_changed: true, no_telemetry: true, other_telemetry: true, clock_offset: true, zone_assumed: true, out_of_order: true,
  checksum: true, rtk_lost: true, yaw_disagrees: true, rays_refused: true, duplicate: true, off_route: true, flat_ground: true,
};

test.each(Object.keys(CODES))("the warning %s has a word and a sentence in both languages", (code) => {
  for (const language of ["zh-CN", "en"] as const) {
    const t = flightTranslator(language);
    expect(t.word("warning", code)).not.toBe(code);
    expect(t.word("warning", `${code}_hint`)).not.toBe(`${code}_hint`);
  }
});

test("warnings of one kind are one entry, the serious first", () => {
  const warning = (code: WarningCode, file: string, count: number): FlightWarning => ({ code, file, detail: "", count });
  const groups = groupWarnings(
    [warning("flat_ground", "", 1), warning("no_lens", "a.jpg", 1), warning("no_lens", "b.jpg", 3)],
    new Set<WarningCode>(["no_lens"]),
  );
  expect(groups.map(({ code, count, entries }) => [code, count, entries.length])).toEqual([["no_lens", 4, 2], ["flat_ground", 1, 1]]);
});
