/** Every fence and its last look; those that nobody has seen come first. */
import { Empty, Progress, Skeleton } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { formats } from "../../format";
import { fenceColour } from "../../map/colours";
import { useSettings } from "../../settings";
import { StateTag } from "../../StateTag";
import { gsd } from "../figures";
import type { CoverageFence } from "../types";
import { useFlightT } from "../words";
import css from "./coverage.module.css";

type Props = { fences: CoverageFence[] | undefined; nameOf: (fence: CoverageFence) => string; selected: string | null; onSelect: (id: string) => void };

export function FenceTable({ fences, nameOf, selected, onSelect }: Props) {
  const t = useFlightT();
  const sorted = useMemo(() => fences && [...fences].sort(neglectedFirst), [fences]);
  if (sorted === undefined) return <Skeleton active className={css.loading} paragraph={{ rows: 8 }} />;
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
    <ul className={css.fences} data-testid="coverage-fences">
      {sorted.map((fence) => (
        <FenceRow key={fence.id} fence={fence} name={nameOf(fence)} selected={fence.id === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

type RowProps = { fence: CoverageFence; name: string; selected: boolean; onSelect: (id: string) => void };

function FenceRow({ fence, name, selected, onSelect }: RowProps) {
  const t = useFlightT();
  const { language } = useSettings();
  const { shortTime } = formats(t, language);
  const { id, kind, last_seen, flight, gsd_cm, share, empty_at_last_look: empty } = fence;
  const percent = Math.floor(share * 100);
  return (
    <li className={selected ? `${css.fence} ${css.chosen}` : css.fence} data-fence={id}>
      <button type="button" className={css.fenceHead} onClick={() => onSelect(id)} aria-pressed={selected}>
        <span className={css.name}>{name}</span>
        <span className={css.kind} style={{ "--kind": fenceColour(kind) } as React.CSSProperties}>
          {t.word("fence_kind", kind)}
        </span>
      </button>
      <div className={css.share}>
        <Progress percent={percent} size="small" showInfo={false} aria-label={t("coverage.share")} />
        <span>
          {t("coverage.share")} {percent} %
        </span>
      </div>
      <div className={css.look}>
        {last_seen === null ? (
          <span className={css.never}>{t("coverage.never")}</span>
        ) : (
          <>
            <span>
              {t("coverage.last_seen")} {shortTime(last_seen)}
            </span>
            {gsd_cm !== null && <span>{t("figure.gsd_one", { gsd: gsd(gsd_cm) })}</span>}
            {empty !== null && <StateTag colour={empty ? "#1f9d55" : "#e5560f"}>{t(empty ? "coverage.empty" : "coverage.occupied")}</StateTag>}
            {flight !== null && <Link to={`/flights/${flight}`}>{t("coverage.flight", { id: flight })}</Link>}
          </>
        )}
      </div>
    </li>
  );
}

function neglectedFirst(a: CoverageFence, b: CoverageFence): number {
  const seen = (fence: CoverageFence) => (fence.last_seen === null ? 0 : Date.parse(fence.last_seen));
  return a.share - b.share || seen(a) - seen(b);
}
