/** What is cached about flights, under which key; `patch.ts` keeps it live. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getCoverage, getFlight, getFlights, getReport } from "./api";
import { coverageKey, flightKey, flightsKey, reportKey } from "./keys";

export const flightsQuery = infiniteQueryOptions({
  queryKey: flightsKey,
  queryFn: ({ signal, pageParam }) => getFlights(pageParam, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next ?? null,
});

export function flightQuery(id: number) {
  return queryOptions({ queryKey: flightKey(id), queryFn: ({ signal }) => getFlight(id, signal) });
}

/** A report is made once and then stays; a retry makes another, and its event asks for it again. */
export function reportQuery(id: number) {
  return queryOptions({ queryKey: reportKey(id), queryFn: ({ signal }) => getReport(id, signal), staleTime: Infinity });
}

export function coverageQuery(days: number) {
  return queryOptions({ queryKey: [...coverageKey, days], queryFn: ({ signal }) => getCoverage(days, signal) });
}
