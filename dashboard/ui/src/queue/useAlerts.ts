/** The alerts of the current filters, and where one stands among them. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { alertsQuery } from "../queries";
import { readFilters, toQuery } from "./filters";

export function useFilters() {
  const [search] = useSearchParams();
  return useMemo(() => readFilters(search), [search]);
}

export function useAlerts() {
  const filters = useFilters();
  const query = useInfiniteQuery(alertsQuery(toQuery(filters)));
  const alerts = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return { query, alerts, filters, counts: query.data?.pages[0]?.counts };
}
