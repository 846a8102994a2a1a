/**
 * The one live connection. Events patch what is loaded; a gap in the connection reloads it all.
 */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type AlertQuery, openEvents } from "./api";
import type { Alert, AlertDetail, Source } from "./api.types";
import { takeFlight } from "./flights/patch";
import type { Flight } from "./flights/types";
import { type AlertList, patch } from "./queue/patch";
import { alertQuery, sessionQuery, sourcesQuery } from "./queries";

export type Connection = "connecting" | "online" | "reconnecting";

const RETRY_MS = 3000;
/** A burst of new alerts asks for the counts once. */
const RECOUNT_MS = 1000;

export function useEvents(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");

  useEffect(() => {
    let events: EventSource;
    let retry: number | undefined;
    let recount: number | undefined;
    let lost = false;

    const connect = () => {
      events = openEvents();
      events.onopen = () => {
        setConnection("online");
        if (lost) reload(client);
        lost = false;
      };
      events.onerror = () => {
        lost = true;
        setConnection("reconnecting");
        // The browser retries by itself unless the server refused; then it may be the session.
        if (events.readyState !== EventSource.CLOSED) return;
        void client.invalidateQueries(sessionQuery);
        retry = window.setTimeout(connect, RETRY_MS);
      };
      events.addEventListener("alert", (event: MessageEvent<string>) => {
        const changed = takeAlert(client, JSON.parse(event.data) as Alert);
        if (!changed || recount !== undefined) return;
        recount = window.setTimeout(() => {
          recount = undefined;
          void client.invalidateQueries({ queryKey: ["alerts"] });
        }, RECOUNT_MS);
      });
      events.addEventListener("source", (event: MessageEvent<string>) => {
        takeSource(client, JSON.parse(event.data) as Source);
      });
      events.addEventListener("flight", (event: MessageEvent<string>) => {
        takeFlight(client, JSON.parse(event.data) as Flight);
      });
    };
    connect();

    return () => {
      window.clearTimeout(retry);
      window.clearTimeout(recount);
      events.close();
    };
  }, [client]);

  return connection;
}

function reload(client: QueryClient) {
  for (const key of ["alerts", "alert", "sources", "fences", "flights", "flight", "coverage"]) void client.invalidateQueries({ queryKey: [key] });
}

/** Returns whether the counts of some list are out of date. */
function takeAlert(client: QueryClient, alert: Alert): boolean {
  let changed = false;
  for (const [key, list] of client.getQueriesData<AlertList>({ queryKey: ["alerts"] })) {
    if (list === undefined) continue;
    const result = patch(list, key[1] as AlertQuery, alert);
    changed ||= result.recount;
    client.setQueryData(key, result.list);
  }
  const detail = client.getQueryData<AlertDetail>(alertQuery(alert.id).queryKey);
  if (detail !== undefined && detail.revision <= alert.revision) {
    client.setQueryData(alertQuery(alert.id).queryKey, { ...detail, ...alert });
    // Its evidence and history are not in the event.
    void client.invalidateQueries(alertQuery(alert.id));
  }
  return changed;
}

function takeSource(client: QueryClient, source: Source) {
  client.setQueryData(sourcesQuery.queryKey, (sources) => {
    if (sources === undefined) return undefined;
    const known = sources.some(({ id }) => id === source.id);
    return known ? sources.map((old) => (old.id === source.id ? source : old)) : [...sources, source];
  });
}
