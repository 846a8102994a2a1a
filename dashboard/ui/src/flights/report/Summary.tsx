/** A flight in figures: what was flown and seen, by which files, and where the time went. */
import { Table, type TableColumnsType } from "antd";
import { useMemo } from "react";
import { duration, formats, percent, signed } from "../../format";
import { useSettings } from "../../settings";
import { colourOf } from "../colours";
import { area, gsd, pathLength } from "../figures";
import type { FlightMedia, FlightReport } from "../types";
import { type FlightTranslate, useFlightT } from "../words";
import css from "./report.module.css";

export function Summary({ report }: { report: FlightReport }) {
  const { language } = useSettings();
  const t = useFlightT();
  const { time, count } = formats(t, language);
  const { summary, media } = report;
  const shape = useMemo(() => columns(t, time), [t, language]);
  return (
    <div className={css.summary}>
      <dl className={css.cards}>
        {cards(report, t, time, count).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={css.pair}>
        <Bars title={t("summary.classes")} values={summary.by_class} group="class" told={count} t={t} />
        <Bars title={t("summary.stages")} values={summary.stage_s} group="stage" told={(s) => duration(s, t)} t={t} />
      </div>
      <h3>{t("summary.media")}</h3>
      <Table size="small" rowKey="name" columns={shape} dataSource={media} pagination={media.length > 50 && { pageSize: 50, showSizeChanger: false, size: "small" }} scroll={{ x: "max-content" }} />
    </div>
  );
}

function cards(
  { summary, off_route_m }: FlightReport,
  t: FlightTranslate,
  time: (at: string) => string,
  count: (n: number) => string,
): [string, string][] {
  const { started_at, video_s, frames, photos, path_m, area_m2, gsd_cm, placed, aircraft, clock_offset_s } = summary;
  const unknown = t("figure.unknown");
  const range = gsd_cm && (gsd(gsd_cm[0]) === gsd(gsd_cm[1]) ? t("figure.gsd_one", { gsd: gsd(gsd_cm[0]) }) : t("figure.gsd_value", { from: gsd(gsd_cm[0]), to: gsd(gsd_cm[1]) }));
  const shown: [string, string | null][] = [
    [t("figure.time"), started_at === null ? unknown : time(started_at)],
    [t("figure.aircraft"), aircraft || unknown],
    [t("figure.minutes"), video_s > 0 ? duration(Math.round(video_s), t) : null],
    [t("figure.frames"), frames > 0 ? count(frames) : null],
    [t("figure.photos"), photos > 0 ? t("figure.photo_count", { n: photos }) : null],
    [t("figure.path"), pathLength(path_m)],
    [t("figure.area"), area(area_m2)],
    [t("figure.gsd"), range ?? unknown],
    [t("figure.placed"), percent(placed)],
    [t("figure.clock"), clock_offset_s === null ? unknown : `${signed(clock_offset_s)} s`],
    [t("figure.off_route"), off_route_m === null ? null : `${off_route_m.toFixed(1)} m`],
  ];
  return shown.filter((card): card is [string, string] => card[1] !== null);
}

type BarsProps = { title: string; values: Record<string, number>; group: string; told: (n: number) => string; t: FlightTranslate };

function Bars({ title, values, group, told, t }: BarsProps) {
  const entries = Object.entries(values);
  const most = Math.max(...entries.map(([, value]) => value), 0);
  if (entries.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className={css.bars}>
        {entries.map(([key, value]) => (
          <div key={key}>
            <dt>{t.word(group, key)}</dt>
            <dd>
              <i style={{ width: `${most <= 0 ? 0 : (value / most) * 100}%`, background: group === "class" ? colourOf(key) : undefined }} />
              <span>{told(value)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function columns(t: FlightTranslate, time: (at: string) => string): TableColumnsType<FlightMedia> {
  return [
    { title: t("summary.file"), dataIndex: "name" },
    { title: t("summary.kind"), render: (_, { kind }) => t(`media_kind.${kind}`) },
    { title: t("summary.started"), render: (_, { started_at }) => (started_at === null ? "–" : time(started_at)) },
    { title: t("summary.length"), render: (_, { duration_s }) => (duration_s > 0 ? duration(duration_s, t) : "–") },
    { title: t("figure.frames"), render: (_, { frames }) => frames || "–" },
    { title: t("summary.size"), render: (_, { width, height }) => (width > 0 ? `${width} × ${height}` : "–") },
    { title: t("summary.telemetry"), render: (_, { telemetry }) => telemetry || "–" },
  ];
}
