/** The alerts, newest first. Only the rows in view exist, so ten thousand scroll like ten. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Button, Empty, Skeleton } from "antd";
import { useEffect, useRef } from "react";
import type { Alert, AlertPage, Counts } from "../api.types";
import { Failure } from "../failure";
import { useT } from "../settings";
import { AlertRow } from "./AlertRow";
import type { Filters } from "./filters";
import { total } from "./stage";
import css from "./queue.module.css";

const ROW_PX = 92;

type Props = {
  query: UseInfiniteQueryResult<InfiniteData<AlertPage>>;
  alerts: Alert[];
  filters: Filters;
  selected: string | null;
  counts: Counts | undefined;
  onHover: (id: string | null) => void;
};

export function AlertList({ query, alerts, filters, selected, counts, onHover }: Props) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: alerts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => alerts[index]?.id ?? index,
    overscan: 6,
  });
  const at = alerts.findIndex(({ id }) => id === selected);
  useEffect(() => {
    if (at !== -1) rows.scrollToIndex(at);
    // A new alert above moves the selected row; following it would pull the list from under the reader.
  }, [selected, at === -1, rows]);

  if (query.isPending) return <LoadingRows />;
  if (query.isError && alerts.length === 0) {
    return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (alerts.length === 0) return <NoAlerts filters={filters} counts={counts} />;
  return (
    <>
      <div ref={scroller} className={css.list} data-testid="alert-list" onMouseLeave={() => onHover(null)}>
        <div style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const alert = alerts[index];
            return (
              alert && (
                <div key={key} className={css.slot} style={{ height: ROW_PX, transform: `translateY(${start}px)` }}>
                  <AlertRow alert={alert} filters={filters} selected={alert.id === selected} onHover={onHover} />
                </div>
              )
            );
          })}
        </div>
        <div className={css.more}>
          {query.hasNextPage ? (
            <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("list.more")}
            </Button>
          ) : (
            t("list.end")
          )}
        </div>
      </div>
      <div className={css.keys}>{t("list.keys")}</div>
    </>
  );
}

function NoAlerts({ filters, counts }: { filters: Filters; counts: Counts | undefined }) {
  const t = useT();
  const narrowed = filters.queue !== "" || filters.source !== "";
  const none = !narrowed && counts !== undefined && total(counts) === 0;
  const kind = none ? "any" : !narrowed && filters.state === "open" ? "open" : "filtered";
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      className={css.empty}
      data-testid="alert-list-empty"
      description={
        <>
          <div className={css.emptyTitle}>{t(`list.empty.${kind}`)}</div>
          {t(`list.empty.${kind}_hint`)}
        </>
      }
    />
  );
}

function LoadingRows() {
  return (
    <div className={css.loading} aria-busy>
      {[0, 1, 2, 3].map((row) => (
        <Skeleton key={row} active avatar={{ shape: "square", size: 64 }} title={false} paragraph={{ rows: 2 }} />
      ))}
    </div>
  );
}
