import { expect, test } from "vitest";
import type { Alert } from "../api.types";
import { alertEllipses } from "./features";

const alert = {
  id: "a",
  place: { space: "ground", lon: 120, lat: 30, covariance_m2: [[1, 0], [0, 1]], ellipse95: { semi_major_m: 2, semi_minor_m: 1, bearing_deg: 0 } },
  review: { state: "open", by: null, at: null, reason: null, note: null },
} as unknown as Alert;

test("what was built is drawn with its outline, a car with the doubt of its place alone", () => {
  expect(alertEllipses([alert], null, "WGS-84").features).toHaveLength(1);
  const outline: [number, number][] = [[120, 30], [120.0001, 30], [120, 30.0001], [120, 30]];
  const { features } = alertEllipses([{ ...alert, outline }], "a", "WGS-84");
  expect(features).toHaveLength(2);
  expect(features[0]?.geometry).toEqual({ type: "Polygon", coordinates: [outline] });
  expect(features[0]?.properties?.selected).toBe(true);
});
