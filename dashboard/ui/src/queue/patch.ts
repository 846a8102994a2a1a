/**
 * Puts one live alert into a list that is already loaded.
 *
 * The counts are the server's and are never guessed: `recount` says that they have to be asked for.
 */
import type { InfiniteData } from "@tanstack/react-query";
import type { AlertQuery } from "../api";
import type { Alert, AlertPage } from "../api.types";
import { matches } from "./filters";
import { stageOf } from "./stage";

export type AlertList = InfiniteData<AlertPage, string | null>;

export function patch(list: AlertList, query: AlertQuery, alert: Alert): { list: AlertList; recount: boolean } {
  const known = list.pages.flatMap((page) => page.items).find(({ id }) => id === alert.id);
  if (known !== undefined && known.revision > alert.revision) return { list, recount: false };
  const moved = known === undefined || stageOf(known) !== stageOf(alert);
  if (known !== undefined && !moved && matches(query, alert)) {
    return { list: replace(list, alert), recount: false };
  }
  const without = known === undefined ? list : remove(list, alert.id);
  return { list: matches(query, alert) ? insert(without, alert) : without, recount: true };
}

function replace(list: AlertList, alert: Alert): AlertList {
  return onItems(list, (items) => items.map((item) => (item.id === alert.id ? alert : item)));
}

function remove(list: AlertList, id: string): AlertList {
  return onItems(list, (items) => items.filter((item) => item.id !== id));
}

/** Newest first. One older than everything loaded is left for the page it belongs to. */
function insert(list: AlertList, alert: Alert): AlertList {
  const raised = Date.parse(alert.raised_at);
  const at = list.pages.findIndex(
    (page) => page.next === null || page.items.some((item) => Date.parse(item.raised_at) <= raised),
  );
  return {
    ...list,
    pages: list.pages.map((page, index) => {
      if (index !== at) return page;
      const items = [...page.items, alert];
      items.sort((a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at));
      return { ...page, items };
    }),
  };
}

function onItems(list: AlertList, change: (items: Alert[]) => Alert[]): AlertList {
  return { ...list, pages: list.pages.map((page) => ({ ...page, items: change(page.items) })) };
}
