/** The list's filters, as they stand in the address. Without a state, only open alerts are shown. */
import type { AlertQuery } from "../api";
import type { Alert, Stage } from "../api.types";
import { stageOf } from "./stage";

export type StateFilter = Stage | "all";
export type Filters = { state: StateFilter; queue: string; source: string };

const STATES: StateFilter[] = ["open", "reminding", "confirmed", "dismissed", "corrected", "all"];

export function readFilters(search: URLSearchParams): Filters {
  const state = search.get("state") as StateFilter | null;
  return {
    state: state !== null && STATES.includes(state) ? state : "open",
    queue: search.get("queue") ?? "",
    source: search.get("source") ?? "",
  };
}

/** The address of these filters; `selected` is the highlighted alert. */
export function writeFilters({ state, queue, source }: Filters, selected?: string | null): string {
  const search = new URLSearchParams();
  if (state !== "open") search.set("state", state);
  if (queue) search.set("queue", queue);
  if (source) search.set("source", source);
  if (selected) search.set("sel", selected);
  const text = search.toString();
  return text && `?${text}`;
}

export function toQuery({ state, queue, source }: Filters): AlertQuery {
  return {
    ...(state === "all" ? {} : { state }),
    ...(queue ? { queue } : {}),
    ...(source ? { source } : {}),
  };
}

export function matches(query: AlertQuery, alert: Alert): boolean {
  return (
    (query.state === undefined || query.state === stageOf(alert)) &&
    (query.queue === undefined || query.queue === alert.queue) &&
    (query.source === undefined || query.source === alert.source)
  );
}
