import { expect, test } from "vitest";
import type { CoverageFence } from "../types";
import { isUnseen, neglectedFirst, percent, SHARE_STEPS, shareColour } from "./shares";

function cell(id: string, share: number, last_seen: string | null): CoverageFence {
  return {
    id,
    name: id,
    name_en: null,
    kind: "grid",
    area_m2: 90_000,
    last_seen,
    flight: null,
    gsd_cm: null,
    share,
    whole_seen: null,
    whole_gsd_cm: null,
    empty_at_last_look: null,
    gaps: { type: "MultiPolygon", coordinates: [] },
  };
}

test.each([
  [0, 1],
  [0.25, 1],
  [0.2501, 2],
  [0.5, 2],
  [0.75, 3],
  [0.751, 4],
  [1, 4],
])("a share of %d that was seen is of step %d", (share, step) => {
  expect(shareColour(cell("a", share, "2026-05-01T07:00:00Z"))).toBe(SHARE_STEPS[step]?.colour);
});

test("a cell of which a strip shows that counts for nothing is unseen", () => {
  const strip = cell("a", 0.001, null);
  expect(isUnseen(strip)).toBe(true);
  expect(shareColour(strip)).toBe(SHARE_STEPS[0].colour);
});

test("percents are never rounded up to what was not seen", () => {
  expect(percent(cell("a", 0.9999, null))).toBe(99);
  expect(percent(cell("a", 1, null))).toBe(100);
});

test("the worst come first, of equals the longest ago", () => {
  const cells = [
    cell("new", 0.5, "2026-05-02T07:00:00Z"),
    cell("whole", 1, "2026-05-01T07:00:00Z"),
    cell("old", 0.5, "2026-05-01T07:00:00Z"),
    cell("never", 0, null),
  ];
  expect(cells.sort(neglectedFirst).map(({ id }) => id)).toEqual(["never", "old", "new", "whole"]);
});
