/** What is cached about flights, under which key; `patch.ts` keeps it live. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getAircraft, getAircraftTrack, getCoverage, getFlight, getFlights, getReport } from "./api";
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

/** Nothing tells when an aircraft moves: it is asked for as often as aircraft speak, or nearly. */
export const aircraftQuery = queryOptions({
  queryKey: ["aircraft"],
  queryFn: ({ signal }) => getAircraft(signal),
  refetchInterval: 2000,
});

/** The newest end of the path comes from `aircraftQuery`; the rest may be older. */
export function aircraftTrackQuery(serial: string) {
  return queryOptions({
    queryKey: ["aircraft-track", serial],
    queryFn: ({ signal }) => getAircraftTrack(serial, signal),
    refetchInterval: 15_000,
  });
}
