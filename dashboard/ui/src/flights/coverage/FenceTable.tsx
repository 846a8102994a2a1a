/** Every fence or cell and its last look, the worst first. Only the rows in view exist: a city has a thousand cells. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { Empty, Progress, Skeleton } from "antd";
import { type Ref, useEffect, useMemo, useRef } from "react";
import { Link } from "react-router";
import { formats } from "../../format";
import { fenceColour } from "../../map/colours";
import { GRID } from "../../map/features";
import { useSettings } from "../../settings";
import { StateTag } from "../../StateTag";
import { area, gsd } from "../figures";
import type { CoverageFence } from "../types";
import { useFlightT } from "../words";
import css from "./coverage.module.css";
import { isUnseen, neglectedFirst, percent, shareColour } from "./shares";

const ROW_PX = 84;

type Props = {
  fences: CoverageFence[] | undefined;
  nameOf: (fence: CoverageFence) => string;
  selected: string | null;
  onSelect: (id: string) => void;
};

export function FenceTable({ fences, nameOf, selected, onSelect }: Props) {
  const t = useFlightT();
  const scroller = useRef<HTMLUListElement>(null);
  const sorted = useMemo(() => [...(fences ?? [])].sort(neglectedFirst), [fences]);
  const rows = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 6,
  });
  const at = sorted.findIndex(({ id }) => id === selected);
  useEffect(() => {
    if (at !== -1) rows.scrollToIndex(at);
    // What is new in the list must not move it under the reader.
  }, [selected, at === -1, rows]);

  if (fences === undefined) return <Skeleton active className={css.loading} paragraph={{ rows: 8 }} />;
  if (sorted.length === 0) {
    return (
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        className={css.empty}
        description={
          <>
            <b>{t("coverage.none")}</b>
            <br />
            {t("coverage.none_hint")}
          </>
        }
      />
    );
  }
  return (
    <ul ref={scroller} className={css.fences} data-testid="coverage-fences" data-count={sorted.length}>
      <li aria-hidden style={{ height: rows.getTotalSize() }} />
      {rows.getVirtualItems().map(({ index, key, start }) => {
        const fence = sorted[index];
        return (
          fence && (
            <FenceRow
              key={key}
              row={rows.measureElement}
              index={index}
              start={start}
              fence={fence}
              name={nameOf(fence)}
              selected={fence.id === selected}
              onSelect={onSelect}
            />
          )
        );
      })}
    </ul>
  );
}

type RowProps = {
  row: Ref<HTMLLIElement>;
  index: number;
  start: number;
  fence: CoverageFence;
  name: string;
  selected: boolean;
  onSelect: (id: string) => void;
};

function FenceRow({ row, index, start, fence, name, selected, onSelect }: RowProps) {
  const t = useFlightT();
  const { id, kind, area_m2, share } = fence;
  return (
    <li
      ref={row}
      data-index={index}
      className={selected ? `${css.fence} ${css.chosen}` : css.fence}
      style={{ transform: `translateY(${start}px)` }}
      data-fence={id}
      data-unseen={isUnseen(fence)}
    >
      <button type="button" className={css.fenceHead} onClick={() => onSelect(id)} aria-pressed={selected}>
        <span className={css.name}>{name}</span>
        {kind !== GRID && (
          <span className={css.kind} style={{ "--kind": fenceColour(kind) } as React.CSSProperties}>
            {t.word("fence_kind", kind)}
          </span>
        )}
      </button>
      <div className={css.share}>
        <Progress percent={percent(fence)} size="small" showInfo={false} strokeColor={shareColour(fence)} aria-label={t("coverage.share")} />
        <span>
          {t("coverage.share")} {percent(fence)} %
        </span>
      </div>
      <div className={css.look}>
        <LastLook fence={fence} />
        {share < 1 && <span>{t("coverage.unseen_area", { area: area(area_m2 * (1 - share)) })}</span>}
      </div>
    </li>
  );
}

function LastLook({ fence }: { fence: CoverageFence }) {
  const t = useFlightT();
  const { language } = useSettings();
  const { shortTime } = formats(t, language);
  const { last_seen, flight, gsd_cm, whole_seen, whole_gsd_cm, empty_at_last_look: empty } = fence;
  if (last_seen === null) return <span className={css.never}>{t("coverage.never")}</span>;
  return (
    <>
      <span>
        {t("coverage.last_seen")} {shortTime(last_seen)}
      </span>
      {gsd_cm !== null && <span>{t("figure.gsd_one", { gsd: gsd(gsd_cm) })}</span>}
      {empty !== null && whole_seen !== null && whole_gsd_cm !== null && (
        <span title={t("coverage.whole", { at: shortTime(whole_seen), gsd: gsd(whole_gsd_cm) })}>
          <StateTag colour={empty ? "#1f9d55" : "#e5560f"}>{t(empty ? "coverage.empty" : "coverage.occupied")}</StateTag>
        </span>
      )}
      {flight !== null && <Link to={`/flights/${flight}`}>{t("coverage.flight", { id: flight })}</Link>}
    </>
  );
}
