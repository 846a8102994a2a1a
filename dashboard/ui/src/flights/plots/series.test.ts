import { expect, test } from "vitest";
import type { Point } from "../timeline/track";
import { bearing, line, quality } from "./series";

function point(ms: number, yaw_deg: number | null, fix: Point["fix"] = "fixed"): Point {
  return { ms, at: "", lon: 0, lat: 0, height_m: ms, yaw_deg, pitch_deg: null, roll_deg: null, heading_deg: null, speed_mps: 0, fix };
}

test("a line breaks where the telemetry does", () => {
  expect(line([point(0, 0), point(1000, 0), point(9000, 0)], ({ height_m }) => height_m)).toEqual([
    [0, 0], [1000, 1000], [1001, null], [9000, 9000],
  ]);
});

test("a bearing breaks where it wraps", () => {
  expect(bearing([point(0, 170), point(100, 190), point(200, 350), point(300, null)])).toEqual([
    [0, 170], [100, null], [100, -170], [200, -10], [300, null],
  ]);
});

test("quality counts up from unknown", () => {
  expect(quality([point(0, 0, "unknown"), point(1, 0, "float")])).toEqual([[0, 0], [1, 2]]);
});
