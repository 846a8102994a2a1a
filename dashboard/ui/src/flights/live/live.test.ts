import { describe, expect, it } from "vitest";
import type { AircraftNow, TrackPoint } from "../types";
import { pathLines, withRoom } from "./paths";
import { stateOf, upFirst } from "./state";

const now = (serial: string, online: boolean, flying: boolean | null) => ({ serial, online, flying }) as AircraftNow;
const point = (second: number, lon: number) =>
  ({ at: new Date(second * 1000).toISOString(), lon, lat: 30 }) as TrackPoint;

describe("states", () => {
  it("says only what the aircraft says", () => {
    expect(stateOf(now("a", true, true))).toBe("flying");
    expect(stateOf(now("a", true, false))).toBe("ground");
    expect(stateOf(now("a", true, null))).toBe("online");
    expect(stateOf(now("a", false, true))).toBe("offline");
  });

  it("puts those in the air first", () => {
    const all = [now("c", false, true), now("b", true, true), now("d", true, false), now("a", true, true)];
    expect(all.sort(upFirst).map(({ serial }) => serial)).toEqual(["a", "b", "d", "c"]);
  });
});

describe("paths", () => {
  it("leave out what nobody heard, and end where the aircraft is", () => {
    const track = [point(0, 1), point(2, 2), point(4, 3), point(60, 4), point(62, 5)];
    const here = { at: new Date(64_000).toISOString(), lon: 6, lat: 30 } as AircraftNow;
    const lines = pathLines(track, here, "WGS-84");
    expect(lines.map((line) => line.map(([lon]) => lon))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it("of one that is silent end where it was heard last", () => {
    const nowhere = { at: null, lon: null, lat: null } as AircraftNow;
    expect(pathLines([point(0, 1), point(2, 2)], nowhere, "WGS-84")).toHaveLength(1);
    expect(pathLines([], nowhere, "WGS-84")).toEqual([]);
  });

  it("of one that stands still is shown with what is around it", () => {
    expect(withRoom(null)).toBeNull();
    const [west, south, east, north] = withRoom([120, 30, 120, 30])!;
    expect([west < 120, south < 30, east > 120, north > 30]).toEqual([true, true, true, true]);
  });
});
