import { expect, test } from "vitest";
import type { GroundPlace } from "../api.types";
import { ellipseRing } from "./ellipse";
import { graticule, gridStep, multiples } from "./graticule";

const METRES_PER_DEGREE_LAT = (6_378_137 * Math.PI) / 180;

function place(semi_major_m: number, semi_minor_m: number, bearing_deg: number): GroundPlace {
  return {
    space: "ground",
    lon: 120.0868,
    lat: 30.8943,
    covariance_m2: [
      [1, 0],
      [0, 1],
    ],
    ellipse95: { semi_major_m, semi_minor_m, bearing_deg },
  };
}

function extent(ring: [number, number][]) {
  const cos = Math.cos((30.8943 * Math.PI) / 180);
  const east = ring.map(([lon]) => (lon - 120.0868) * METRES_PER_DEGREE_LAT * cos);
  const north = ring.map(([, lat]) => (lat - 30.8943) * METRES_PER_DEGREE_LAT);
  return { east: Math.max(...east), north: Math.max(...north) };
}

test("an ellipse points where its bearing says", () => {
  expect(extent(ellipseRing(place(4, 1, 0))).north).toBeCloseTo(4, 3);
  expect(extent(ellipseRing(place(4, 1, 0))).east).toBeCloseTo(1, 3);
  expect(extent(ellipseRing(place(4, 1, 90))).east).toBeCloseTo(4, 3);
});

test("an ellipse bearing north-east lies in the north-east", () => {
  const [first] = ellipseRing(place(4, 1, 45));
  expect(first?.[0]).toBeGreaterThan(120.0868);
  expect(first?.[1]).toBeGreaterThan(30.8943);
});

test("a ring is closed", () => {
  const ring = ellipseRing(place(4, 1, 30));
  expect(ring.at(-1)).toEqual(ring[0]);
});

test("the grid has round steps and a handful of lines", () => {
  expect(gridStep(0.004, 8)).toBe(0.0005);
  expect(gridStep(0.004, 7.9)).toBe(0.001);
  expect(gridStep(300, 2)).toBe(90);
  expect(multiples(120.08, 120.0812, 0.0005).map((lon) => lon.toFixed(4))).toEqual([
    "120.0800",
    "120.0805",
    "120.0810",
  ]);
});

test("over GCJ-02 tiles the grid is shifted and still labelled in WGS-84", () => {
  const labels = (datum: "WGS-84" | "GCJ-02") =>
    graticule([120.085, 30.892, 120.089, 30.896], 1000, datum)
      .features.filter((feature) => feature.properties?.axis === "lon")
      .map((feature) => feature.properties?.label as string);
  expect(labels("WGS-84")[0]).toBe("120.0855°");
  expect(labels("GCJ-02")[0]).toBe("120.0805°");
});
