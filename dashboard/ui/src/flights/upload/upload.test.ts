import { expect, test } from "vitest";
import { translator } from "../../i18n";
import type { FlightFile } from "../types";
import { FLIGHT_WORDS } from "../words";
import { area, fileSize, pathLength } from "../figures";
import { type Sample, sample, secondsLeft, speed } from "./pace";
import { flightName, keep, type Picked } from "./picked";
import { problemOf, worthRetrying } from "./problem";
import { type Action, allDone, isBusy, nextToSend, type Queue, reduce } from "./queue";
import { rows, totals } from "./rows";

const FULL = problemOf(507, "");
const add: Action = { type: "add", items: [1, 2, 3].map((id) => ({ id, name: `f${id}`, size: 100 })) };
const states = (queue: Queue) => queue.map(({ state }) => state).join(" ");

/** What the queue looks like after each action, the sending ones started as `uploads.ts` does. */
function run(...actions: Action[]): Queue {
  return actions.reduce<Queue>((queue, action) => {
    const next = reduce(queue, action);
    return nextToSend(next).reduce((now, id) => reduce(now, { type: "send", id }), next);
  }, []);
}

test.each<[string, Action[], string]>([
  ["two at a time", [add], "sending sending waiting"],
  ["a finished one makes room", [add, { type: "done", id: 1 }], "done sending sending"],
  ["a failed one makes room", [add, { type: "fail", id: 2, problem: FULL }], "sending failed sending"],
  ["a paused one makes room", [add, { type: "pause", id: 1 }], "paused sending sending"],
  ["a resumed one waits for its turn", [add, { type: "pause", id: 1 }, { type: "resume", id: 1 }], "waiting sending sending"],
  ["a failed one can be tried again", [add, { type: "done", id: 1 }, { type: "done", id: 3 }, { type: "fail", id: 2, problem: FULL }, { type: "resume", id: 2 }], "done sending done"],
  ["news of a paused one come too late", [add, { type: "pause", id: 1 }, { type: "done", id: 1 }, { type: "fail", id: 1, problem: FULL }], "paused sending sending"],
  ["a finished one is not paused", [add, { type: "done", id: 1 }, { type: "pause", id: 1 }], "done sending sending"],
  ["a removed one is gone", [add, { type: "remove", id: 1 }], "sending sending"],
  ["what the server has is not sent", [{ type: "add", items: [{ id: 9, name: "f", size: 5, done: true }] }], "done"],
])("%s", (_name, actions, expected) => expect(states(run(...actions))).toBe(expected));

test("progress is that of the file being sent, and ends a retry", () => {
  const queue = run(add, { type: "retrying", id: 1 });
  expect(queue[0]?.retrying).toBe(true);
  expect(reduce(queue, { type: "progress", id: 1, sent: 40 })[0]).toMatchObject({ sent: 40, retrying: false });
  expect(reduce(queue, { type: "progress", id: 3, sent: 40 })[2]?.sent).toBe(0);
});

test("leaving is safe when nothing is being sent, starting when all is in", () => {
  expect([isBusy([]), allDone([])]).toEqual([false, false]);
  expect([isBusy(run(add)), allDone(run(add))]).toEqual([true, false]);
  const finished = run(add, ...[1, 2, 3].map((id): Action => ({ type: "done", id })));
  expect([isBusy(finished), allDone(finished)]).toEqual([false, true]);
});

test.each<[number, string, string, boolean]>([
  [0, "", "unreachable", true],
  [401, "", "signed_out", false],
  [413, "", "too_large", false],
  [413, '{"error":{"code":"flight_too_large","message":"64 GiB"}}', "quota", false],
  [507, "", "disk_full", false],
  [503, "<html>", "other", true],
  [409, "", "other", true],
  [409, '{"error":{"code":"flight_busy","message":""}}', "gone", false],
  [422, '{"error":{"code":"name_taken","message":""}}', "name_taken", false],
  [400, '{"error":{"code":"upload_broken","message":""}}', "other", false],
])("status %i with %s is %s", (status, body, code, again) => {
  const problem = problemOf(status, body);
  expect(problem.code).toBe(code);
  expect(worthRetrying(problem)).toBe(again);
});

test("the pace is that of the last seconds and starts anew when bytes go back", () => {
  const feed = (points: [number, number][]) => points.reduce<Sample[]>((all, [ms, sent]) => sample(all, { ms, sent }), []);
  expect(speed(feed([[0, 0], [500, 10]]))).toBeNull();
  expect(speed(feed([[0, 0], [2000, 4000]]))).toBe(2000);
  expect(speed(feed([[0, 0], [5000, 0], [14_000, 9000]]))).toBe(1000);
  expect(speed(feed([[0, 9000], [2000, 100]]))).toBeNull();
  expect(secondsLeft(4000, 2000)).toBe(2);
  expect(secondsLeft(4000, 0)).toBeNull();
});

const file = (n: number, name: string, received: number, state: FlightFile["state"]): FlightFile => ({
  n, name, bytes: 100, received, state, sha256: null, duplicate_of: null, detail: "",
});

test("the list joins what the server has with what is being sent", () => {
  const queue = reduce(run(add), { type: "progress", id: 1, sent: 40 });
  const list = rows([file(7, "f1", 16, "uploading"), file(8, "old", 60, "uploading"), file(9, "in", 100, "received")], queue);
  expect(list.map(({ name, state, sent, n, id }) => [name, state, sent, n, id])).toEqual([
    ["f1", "sending", 40, 7, 1],
    ["old", "elsewhere", 60, 8, null],
    ["in", "done", 100, 9, null],
    ["f2", "sending", 0, null, 2],
    ["f3", "waiting", 0, null, 3],
  ]);
  expect(totals(list)).toEqual({ count: 5, done: 1, size: 500, sent: 200 });
});

test("a flight is named after what was dropped, leftovers aside", () => {
  const picked = (path: string): Picked => ({ path, file: {} as File });
  expect(flightName([picked("2026-05-01 东城/DJI_0001.MP4")])).toBe("2026-05-01 东城");
  expect(flightName([picked("flight.v2.zip")])).toBe("flight.v2");
  expect(flightName([])).toBe("");
  const kept = keep(["a/.DS_Store", "a/._DJI_1.MP4", "Thumbs.db", "a/DJI_1.SRT"].map(picked));
  expect(kept.map(({ path }) => path)).toEqual(["a/DJI_1.SRT"]);
});

test("lengths, areas and sizes use the unit that fits", () => {
  expect([pathLength(840.4), pathLength(2346)]).toEqual(["840 m", "2.35 km"]);
  expect([area(950), area(23_400), area(2_340_000)]).toEqual(["950 m²", "2.3 ha", "2.34 km²"]);
  expect([fileSize(999), fileSize(16_777_216), fileSize(17_179_869_184)]).toEqual(["999 B", "16.8 MB", "17.18 GB"]);
});

test("both languages have every word of the flight pages, with the same holes", () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(FLIGHT_WORDS.en) as (keyof (typeof FLIGHT_WORDS)["en"])[]) {
    expect(holes(FLIGHT_WORDS.en[key]), key).toEqual(holes(FLIGHT_WORDS["zh-CN"][key]));
  }
  expect(translator(FLIGHT_WORDS.en).word("warning", "rtk_lost")).toBe("RTK lost");
});
