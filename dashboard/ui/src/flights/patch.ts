/** Puts one live flight into what is already loaded. */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { coverageKey, flightKey, flightsKey, reportKey } from "./keys";
import type { Flight, FlightDetail, FlightPage } from "./types";

export type FlightList = InfiniteData<FlightPage, string | null>;

export function takeFlight(client: QueryClient, flight: Flight) {
  client.setQueryData<FlightList>(flightsKey, (list) => list && patchFlights(list, flight));
  const old = client.getQueryData<FlightDetail>(flightKey(flight.id));
  if (old === undefined) return;
  client.setQueryData<FlightDetail>(flightKey(flight.id), { ...old, ...flight });
  if (old.state === flight.state && old.files === flight.files) return;
  // Files and warnings are not in the event.
  void client.invalidateQueries({ queryKey: flightKey(flight.id) });
  if (flight.state !== "done") return;
  void client.invalidateQueries({ queryKey: reportKey(flight.id) });
  void client.invalidateQueries({ queryKey: coverageKey });
}

/** Newest first; a flight older than everything loaded is left for the page it belongs to. */
export function patchFlights(list: FlightList, flight: Flight): FlightList {
  const known = list.pages.some((page) => page.items.some(({ id }) => id === flight.id));
  const newest = list.pages[0]?.items[0]?.id ?? 0;
  if (!known && flight.id < newest) return list;
  const pages = list.pages.map((page, index) => {
    if (!known) return index === 0 ? { ...page, items: [flight, ...page.items] } : page;
    return { ...page, items: page.items.map((item) => (item.id === flight.id ? flight : item)) };
  });
  return { ...list, pages };
}

export function dropFlight(client: QueryClient, id: number) {
  client.setQueryData<FlightList>(flightsKey, (list) => list && {
    ...list,
    pages: list.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })),
  });
  client.removeQueries({ queryKey: flightKey(id) });
}
