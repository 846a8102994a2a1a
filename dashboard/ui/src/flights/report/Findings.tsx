/** What the flight found; a row leads to the map and to the second that saw it best. */
import { Empty, Grid, Table, type TableColumnsType, Tooltip } from "antd";
import { useEffect, useMemo, useState } from "react";
import { degrees, metres } from "../../format";
import { StateTag } from "../../StateTag";
import { colourOf } from "../colours";
import type { TimeWords } from "../timeline/timeWords";
import type { Finding } from "../types";
import { type FlightTranslate, useFlightT } from "../words";
import { FindingCards } from "./FindingCards";
import css from "./report.module.css";
import { AlertLinks } from "./AlertLinks";

const PAGE = 50;

type Props = { findings: Finding[]; words: TimeWords; selected: number | null; onSelect: (track: number) => void };

export function Findings({ findings, words, selected, onSelect }: Props) {
  const t = useFlightT();
  const shape = useMemo(() => columns(t, words), [t, words]);
  const sorted = useMemo(() => [...findings].sort(byAlertThenTime), [findings]);
  const [page, setPage] = useState(1);
  const narrow = Grid.useBreakpoint().md === false;
  useEffect(() => {
    const at = sorted.findIndex(({ track }) => track === selected);
    if (at !== -1) setPage(Math.floor(at / PAGE) + 1);
  }, [sorted, selected]);
  useEffect(() => {
    document.querySelector(`tr[data-row-key="${selected}"]`)?.scrollIntoView({ block: "nearest" });
  }, [selected, page]);
  if (narrow && sorted.length > 0) {
    return <FindingCards findings={sorted} words={words} selected={selected} onSelect={onSelect} />;
  }
  const nothing = (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <b>{t("finding.none")}</b>
          <br />
          {t("finding.none_hint")}
        </>
      }
    />
  );
  return (
    <Table
      size="small"
      rowKey="track"
      columns={shape}
      dataSource={sorted}
      pagination={sorted.length > PAGE && { current: page, pageSize: PAGE, onChange: setPage, showSizeChanger: false, size: "small" }}
      scroll={{ x: "max-content" }}
      locale={{ emptyText: nothing }}
      rowClassName={({ track }) => (track === selected ? `${css.finding} ${css.chosen}` : (css.finding ?? ""))}
      onRow={({ track }) => ({ onClick: () => onSelect(track) })}
      data-testid="findings"
    />
  );
}

function columns(t: FlightTranslate, words: TimeWords): TableColumnsType<Finding> {
  const clock = (time: string) => words.clock(Date.parse(time));
  return [
    {
      title: t("finding.class"),
      render: (_, { class: kind, score, track, alerts }) => (
        <button type="button" className={css.name} title={`#${track} · ${t("finding.score", { score: score.toFixed(2) })}`}>
          <i style={{ background: colourOf(alerts.length > 0 ? "alerted" : "quiet") }} />
          {t.word("class", kind)}
        </button>
      ),
      sorter: (a, b) => a.class.localeCompare(b.class),
    },
    {
      title: t("finding.place"),
      render: (_, { lon, lat }) => `${degrees(lon)}, ${degrees(lat)}`,
    },
    {
      title: <Tooltip title={t("finding.ellipse_hint")}>{t("finding.ellipse")}</Tooltip>,
      render: (_, { ellipse95: { semi_major_m, semi_minor_m } }) =>
        t("finding.ellipse_value", { major: metres(semi_major_m), minor: metres(semi_minor_m) }),
      sorter: (a, b) => a.ellipse95.semi_major_m - b.ellipse95.semi_major_m,
    },
    { title: t("finding.first"), render: (_, { first_seen }) => clock(first_seen), sorter: (a, b) => Date.parse(a.first_seen) - Date.parse(b.first_seen) },
    { title: t("finding.last"), render: (_, { last_seen }) => clock(last_seen), sorter: (a, b) => Date.parse(a.last_seen) - Date.parse(b.last_seen) },
    {
      title: <Tooltip title={t("finding.passes_hint")}>{t("finding.passes")}</Tooltip>,
      render: (_, { passes, sightings }) => (
        <>
          {passes} <span className={css.minor}>({sightings})</span>
        </>
      ),
      sorter: (a, b) => a.passes - b.passes,
    },
    {
      title: t("finding.motion"),
      render: (_, { motion }) => <StateTag colour={colourOf(motion)}>{t(`motion.${motion}`)}</StateTag>,
      sorter: (a, b) => a.motion.localeCompare(b.motion),
    },
    {
      title: t("finding.alerts"),
      render: (_, { alerts }) => (alerts.length === 0 ? "–" : <AlertLinks ids={alerts} />),
      sorter: (a, b) => a.alerts.length - b.alerts.length,
    },
  ];
}

function byAlertThenTime(a: Finding, b: Finding): number {
  return b.alerts.length - a.alerts.length || Date.parse(a.first_seen) - Date.parse(b.first_seen);
}
