import { expect, test } from "vitest";
import type { Alert, ReviewState } from "../api.types";
import { readFilters, toQuery, writeFilters } from "./filters";
import { type AlertList, patch } from "./patch";

test("filters survive the address", () => {
  for (const address of ["", "?state=all", "?state=confirmed&queue=parking-urban_mgmt&source=cam-1"]) {
    expect(writeFilters(readFilters(new URLSearchParams(address)))).toBe(address);
  }
  expect(readFilters(new URLSearchParams("?state=nonsense")).state).toBe("open");
});

test("all states is no filter to the server", () => {
  expect(toQuery(readFilters(new URLSearchParams("?state=all")))).toEqual({});
  expect(toQuery(readFilters(new URLSearchParams("")))).toEqual({ state: "open" });
});

/** A list of one page per argument, each alert written as `id@second`. */
function list(...pages: string[]): AlertList {
  return {
    pages: pages.map((page, index) => ({
      items: page.split(" ").filter(Boolean).map((text) => alert(text)),
      next: index < pages.length - 1 ? `${index}` : null,
      counts: { open: 0, confirmed: 0, dismissed: 0, reminding: 0, corrected: 0 },
    })),
    pageParams: pages.map(() => null),
  };
}

function alert(text: string, state: ReviewState = "open", revision = 1): Alert {
  const [id, second = "0"] = text.split("@");
  const raised_at = `2026-05-01T00:00:${second.padStart(2, "0")}Z`;
  return { id, revision, raised_at, review: { state }, queue: "q", source: "s" } as unknown as Alert;
}

function shown({ pages }: AlertList): string {
  return pages.map(({ items }) => items.map(({ id }) => id).join(" ")).join(" | ");
}

test("a new alert goes where its time puts it", () => {
  const after = (before: AlertList, text: string) => shown(patch(before, { state: "open" }, alert(text)).list);
  expect(after(list(""), "a@1")).toBe("a");
  expect(after(list("c@3 b@2"), "d@4")).toBe("d c b");
  expect(after(list("d@4 c@3", "b@2"), "a@1")).toBe("d c | b a");
  expect(after(list("d@4", "b@2"), "c@3")).toBe("d | c b");
});

test("an alert older than what is loaded waits for its page", () => {
  const partly = list("d@4 c@3");
  const first = { ...partly, pages: partly.pages.map((page) => ({ ...page, next: "more" })) };
  expect(shown(patch(first, {}, alert("a@1")).list)).toBe("d c");
});

test("a decided alert leaves the list of open ones and asks for new counts", () => {
  const { list: left, recount } = patch(list("b@2 a@1"), { state: "open" }, alert("a@1", "confirmed", 2));
  expect(shown(left)).toBe("b");
  expect(recount).toBe(true);
});

test("a growing dwell changes the row only", () => {
  const { list: same, recount } = patch(list("b@2 a@1"), { state: "open" }, alert("a@1", "open", 2));
  expect(same.pages[0]?.items[1]?.revision).toBe(2);
  expect(recount).toBe(false);
});

test("an event that arrives late changes nothing", () => {
  const before = list("a@1");
  const newer = patch(before, {}, alert("a@1", "confirmed", 3)).list;
  expect(patch(newer, {}, alert("a@1", "open", 2)).list).toBe(newer);
});

test("an alert of another queue is not shown", () => {
  expect(shown(patch(list("b@2"), { queue: "other" }, alert("c@3")).list)).toBe("b");
});
