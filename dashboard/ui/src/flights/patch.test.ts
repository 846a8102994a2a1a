import { expect, test } from "vitest";
import { type FlightList, patchFlights } from "./patch";
import type { Flight } from "./types";

const flight = (id: number, part: Partial<Flight> = {}): Flight => ({
  id, name: "", state: "queued", detail: "", aircraft: null, progress: null, eta_s: null, created_by: "", created_at: "", files: 0, bytes: 0, received: 0, summary: null, ...part,
});
const list: FlightList = {
  pages: [{ items: [flight(9), flight(8)], next: "8" }, { items: [flight(7)], next: null }],
  pageParams: [null, "8"],
};
const ids = ({ pages }: FlightList) => pages.map(({ items }) => items.map(({ id }) => id));

test("a new flight comes first, a known one stays where it is, an old unknown one waits for its page", () => {
  expect(ids(patchFlights(list, flight(10)))).toEqual([[10, 9, 8], [7]]);
  expect(ids(patchFlights(list, flight(3)))).toEqual([[9, 8], [7]]);
  const changed = patchFlights(list, flight(7, { state: "processing", progress: 0.5 }));
  expect(ids(changed)).toEqual([[9, 8], [7]]);
  expect(changed.pages[1]?.items[0]).toMatchObject({ state: "processing", progress: 0.5 });
});

test("the first flight of all makes the list", () => {
  const none: FlightList = { pages: [{ items: [], next: null }], pageParams: [null] };
  expect(ids(patchFlights(none, flight(1)))).toEqual([[1]]);
});
