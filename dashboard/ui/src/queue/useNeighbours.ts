/** The alerts before and after one in the list, also once its decision has taken it off that list. */
import { useEffect, useRef } from "react";
import { useAlerts } from "./useAlerts";

export function useNeighbours(id: string) {
  const { alerts, filters } = useAlerts();
  const last = useRef<{ id: string; at: number } | null>(null);
  const at = alerts.findIndex((alert) => alert.id === id);
  useEffect(() => {
    if (at !== -1) last.current = { id, at };
  }, [id, at]);

  const gap = last.current?.id === id ? last.current.at : -1;
  const listed = at !== -1;
  const before = listed ? alerts[at - 1] : alerts[gap - 1];
  const after = listed ? alerts[at + 1] : alerts[gap];
  return { filters, previous: before?.id, next: after?.id };
}
