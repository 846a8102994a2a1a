import { expect, test } from "vitest";
import { fromDisplay, gcjToWgs, type Position, toDisplay, wgsToGcj } from "./datum";

const VECTORS: [city: string, wgs: Position, gcj: Position][] = [
  ["Huzhou", [120.0868, 30.8943], [120.0916711, 30.8922559]],
  ["Quzhou", [118.8728, 28.9417], [118.8775733, 28.9385739]],
  ["Changzhou", [119.9741, 31.8107], [119.9788502, 31.8086593]],
];

test.each(VECTORS)("%s is shifted by the published amount", (_city, wgs, gcj) => {
  const [lon, lat] = wgsToGcj(wgs);
  expect(lon).toBeCloseTo(gcj[0], 7);
  expect(lat).toBeCloseTo(gcj[1], 7);
});

test.each(VECTORS)("%s comes back to within a nanometre", (_city, wgs) => {
  const [lon, lat] = gcjToWgs(wgsToGcj(wgs));
  expect(Math.abs(lon - wgs[0])).toBeLessThan(1e-10);
  expect(Math.abs(lat - wgs[1])).toBeLessThan(1e-10);
});

test("positions outside China are left alone", () => {
  const vaduz: Position = [9.5209, 47.141];
  expect(wgsToGcj(vaduz)).toEqual(vaduz);
  expect(gcjToWgs(vaduz)).toEqual(vaduz);
});

test("WGS-84 tiles need no shift", () => {
  const huzhou: Position = [120.0868, 30.8943];
  expect(toDisplay("WGS-84", huzhou)).toBe(huzhou);
  expect(fromDisplay("WGS-84", huzhou)).toBe(huzhou);
});
