/** The main screen: the map, and beside it the alerts that wait for a person. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Failure } from "../failure";
import { SiteMap } from "../map/SiteMap";
import { mapQuery } from "../queries";
import { useKeys } from "../useKeys";
import { AlertList } from "./AlertList";
import { FilterBar } from "./FilterBar";
import { type Filters, readFilters, writeFilters } from "./filters";
import css from "./queue.module.css";
import { useAlerts } from "./useAlerts";

export default function OverviewPage() {
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const selected = search.get("sel");
  // The address follows a moment later; the next key must not act on the row before.
  const current = useRef(selected);
  useEffect(() => {
    current.current = selected;
  }, [selected]);
  const [hovered, setHovered] = useState<string | null>(null);
  const { query, alerts, filters, counts } = useAlerts();
  const setup = useQuery(mapQuery);

  const go = useCallback(
    (change: Partial<Filters>, sel: string | null) =>
      setSearch((now) => writeFilters({ ...readFilters(now), ...change }, sel), { replace: true }),
    [setSearch],
  );
  const select = useCallback(
    (id: string | null) => {
      current.current = id;
      go({}, id);
    },
    [go],
  );
  const onSource = useCallback((source: string) => go({ source }, null), [go]);

  const step = (by: 1 | -1) => {
    const at = alerts.findIndex(({ id }) => id === current.current);
    const next = alerts[at === -1 ? 0 : Math.min(alerts.length - 1, Math.max(0, at + by))];
    if (next) select(next.id);
  };
  useKeys({
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    Enter: () => current.current && navigate(`/alerts/${current.current}${writeFilters(filters)}`),
    Escape: () => select(null),
  });

  return (
    <div className={css.overview}>
      <section className={css.map}>
        {setup.isError && <Failure error={setup.error} onRetry={() => void setup.refetch()} />}
        {setup.data && (
          <SiteMap
            setup={setup.data}
            alerts={alerts}
            selected={selected}
            hovered={hovered}
            onSelect={select}
            onSource={onSource}
          />
        )}
      </section>
      <aside className={css.side}>
        <FilterBar filters={filters} counts={counts} onChange={(change) => go(change, null)} />
        <AlertList query={query} alerts={alerts} filters={filters} selected={selected} counts={counts} onHover={setHovered} />
      </aside>
    </div>
  );
}
