/** What is fetched, under which key, and how long it stays fresh. Live events keep it fresh too. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type AlertQuery, getAlert, getAlerts, getFences, getMapSetup, getSession, getSources } from "./api";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => getSession(signal),
  staleTime: Infinity,
});

export const mapQuery = queryOptions({
  queryKey: ["map"],
  queryFn: ({ signal }) => getMapSetup(signal),
  staleTime: Infinity,
});

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: ({ signal }) => getSources(signal),
});

/** Fences open and close with their schedule, and no event says so; once a minute is enough. */
export const fencesQuery = queryOptions({
  queryKey: ["fences"],
  queryFn: ({ signal }) => getFences(signal),
  refetchInterval: 60_000,
});

export function alertsQuery(query: AlertQuery) {
  return infiniteQueryOptions({
    queryKey: ["alerts", query] as const,
    queryFn: ({ signal, pageParam }) => getAlerts(query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** Asks again while a file is still being made. */
export function alertQuery(id: string) {
  return queryOptions({
    queryKey: ["alert", id] as const,
    queryFn: ({ signal }) => getAlert(id, signal),
    refetchInterval: ({ state }) =>
      state.data?.evidence.some((file) => file.state === "pending") ? 3000 : false,
  });
}
