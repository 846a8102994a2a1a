import { expect, test } from "vitest";
import type { Position } from "../../map/datum";
import type { FlightMedia, GroundLook, TrackPoint } from "../types";
import { createClock } from "./clock";
import { inRing, lookAt, parseLooks, passesAt } from "./looks";
import { advance, makeTimeline, neighbour, showing, toAbsolute, toMedia } from "./timeline";
import { aircraftAt, parseTrack, turn } from "./track";

const T0 = Date.parse("2026-05-01T02:00:00Z");
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

const SQUARE: Position[] = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]];

function media(kind: FlightMedia["kind"], started: number | null, duration_s = 0): FlightMedia {
  const started_at = started === null ? null : at(started);
  return { name: `${kind}${started}`, kind, started_at, duration_s, frames: 0, telemetry: "", width: 0, height: 0 };
}
function look(seconds: number, file: number, media_s: number, shift = 0): GroundLook {
  const ring = SQUARE.map(([x, y]): Position => [x + shift, y]);
  return { at: at(seconds), media: file, media_s, ring, gsd_cm: 2 + seconds / 10, objects: 0 };
}
function point(seconds: number, lon: number, heading_deg: number | null): TrackPoint {
  return { at: at(seconds), lon, lat: 0, height_m: 80, yaw_deg: null, pitch_deg: -90, roll_deg: 0, heading_deg, speed_mps: 5, fix: "fixed" };
}
/** Seconds after the start of the flight. */
const s = (ms: number | null | undefined) => (ms === null || ms === undefined ? ms : (ms - T0) / 1000);

test("a file lies where its looks say, else where its clock says, else after the file before", () => {
  const files = [media("video", 0, 10), media("telemetry", 0), media("video", 30, 10), media("video", null, 5)];
  const line = makeTimeline({ media: files, looks: [look(13, 0, 1), look(14, 0, 2)], track: [] });
  expect(line.segments.map(({ media, from, to }) => [media, s(from), s(to)])).toEqual([[0, 12, 22], [2, 30, 40], [3, 40, 45]]);
  expect([s(line.from), s(line.to), line.dated]).toEqual([12, 45, true]);
});

test("without any clock the line counts from nothing", () => {
  const line = makeTimeline({ media: [media("video", null, 4), media("video", null, 6)], looks: [], track: [] });
  expect([line.from, line.to, line.dated]).toEqual([0, 10_000, false]);
  expect(makeTimeline({ media: [], looks: [], track: [] }).segments).toEqual([]);
});

test("a photo stays until the next", () => {
  const line = makeTimeline({ media: [media("photo", 0), media("photo", 1), media("photo", 9)], looks: [], track: [] });
  expect(line.segments.map(({ from, to }) => [s(from), s(to)])).toEqual([[0, 1], [1, 3], [9, 11]]);
});

test("media and absolute time go to and fro", () => {
  const line = makeTimeline({ media: [media("video", 0, 10), media("video", 30, 10)], looks: [], track: [] });
  const cases: [moment: number, shown: string, seconds: number][] = [
    [-5, "video0", 0],
    [0, "video0", 0],
    [4.5, "video0", 4.5],
    [20, "video0", 10],
    [30, "video30", 0],
    [33, "video30", 3],
    [99, "video30", 10],
  ];
  for (const [moment, name, seconds] of cases) {
    const segment = showing(line, T0 + moment * 1000)!;
    expect([segment.name, toMedia(segment, T0 + moment * 1000)], `${moment}`).toEqual([name, seconds]);
  }
  const second = line.segments[1]!;
  expect(toMedia(second, toAbsolute(second, 7.25))).toBe(7.25);
  expect(neighbour(line, second, -1)?.name).toBe("video0");
  expect(neighbour(line, second, 1)).toBeUndefined();
});

test("playing skips what no file shows, and ends", () => {
  const line = makeTimeline({ media: [media("video", 0, 10), media("video", 30, 10)], looks: [], track: [] });
  const cases: [from: number, ms: number, to: number | null][] = [[3, 500, 3.5], [9.9, 200, 30], [15, 10, 30], [39.9, 200, null]];
  for (const [from, ms, to] of cases) expect(s(advance(line, T0 + from * 1000, ms)), `${from}`).toBe(to);
});

test("a point is in a ring or not", () => {
  const concave: Position[] = [[0, 0], [4, 0], [4, 4], [2, 1], [0, 4], [0, 0]];
  const cases: [Position, Position[], boolean][] = [
    [[1, 1], SQUARE, true],
    [[3, 1], SQUARE, false],
    [[1, -1], SQUARE, false],
    [[2, 3], concave, false],
    [[0.5, 2], concave, true],
    [[1, 1], [], false],
  ];
  for (const [place, ring, inside] of cases) expect(inRing(place, ring), `${place}`).toBe(inside);
});

test("passes end when the place leaves the view or the file changes", () => {
  const far = 10;
  const looks = parseLooks([
    look(0, 0, 0), look(1, 0, 1, 0.4), look(2, 0, 2, far), look(3, 0, 3, far), look(4, 0, 4, far),
    look(5, 0, 5), look(6, 1, 0), look(7, 1, 1),
  ]);
  const passes = passesAt(looks, [1.4, 1]);
  expect(passes.map(({ from, to, best, media }) => [s(from), s(to), s(best), media])).toEqual([
    [0, 1, 1, 0],
    [5, 5, 5, 0],
    [6, 7, 6, 1],
  ]);
  expect(passes[0]?.gsd_cm).toBe(2);
  expect(passesAt(looks, [50, 50])).toEqual([]);
});

test("a moment shows the nearest look, unless none is near", () => {
  const looks = parseLooks([look(0, 0, 0), look(1, 0, 1), look(9, 0, 9)]);
  const cases: [number, number | null][] = [[0.4, 0], [0.6, 1], [1.9, 1], [4, null], [8.5, 9], [-3, null]];
  for (const [moment, found] of cases) expect(s(lookAt(looks, T0 + moment * 1000)?.ms ?? null), `${moment}`).toBe(found);
});

test("the aircraft turns the short way and is nowhere in a gap", () => {
  const track = parseTrack([point(0, 0, 350), point(2, 2, 10), point(60, 3, null)]);
  expect(aircraftAt(track, T0 + 1000)).toMatchObject({ at: [1, 0], heading_deg: 360 });
  expect(aircraftAt(track, T0 + 30_000)).toBeNull();
  expect(aircraftAt(track, T0 + 61_000)?.heading_deg).toBeNull();
  expect([turn(350, 10), turn(10, 350), turn(0, 180)]).toEqual([20, -20, -180]);
});

test("the clock stays within the flight and tells jumps from playing", () => {
  const clock = createClock(100, 200);
  let heard = 0;
  const stop = clock.subscribe(() => heard++);
  clock.seek(500);
  clock.follow(150);
  stop();
  clock.seek(0);
  expect(clock.now()).toEqual({ at: 100, playing: false, rate: 1, jumps: 2 });
  expect(heard).toBe(2);
});
