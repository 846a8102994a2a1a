/** What the table of sources shows. */
import { QuestionCircleOutlined } from "@ant-design/icons";
import { type TableColumnsType, Tooltip } from "antd";
import { Link } from "react-router";
import type { Source } from "../api.types";
import { type Formats, metres, signed } from "../format";
import type { Translate } from "../i18n";
import { SOURCE_COLOUR } from "../map/colours";
import { StateTag } from "../StateTag";
import css from "./sources.module.css";

export function columns(t: Translate, { time, count, duration }: Formats): TableColumnsType<Source> {
  return [
    {
      title: t("source.name"),
      key: "name",
      render: (_, { name, kind, id }) => (
        <>
          <div className={css.name}>{name}</div>
          <div className={css.minor}>
            {t.word("source_kind", kind)} · {id}
          </div>
        </>
      ),
    },
    {
      title: t("source.state"),
      key: "state",
      render: (_, { state, detail, since, nothing_found_s: quiet, unseen }) => (
        <>
          <StateTag colour={SOURCE_COLOUR[state]}>{t(`source_state.${state}`)}</StateTag>{" "}
          <span className={css.minor}>{t("source.since", { time: time(since) })}</span>
          {detail && <div className={css.detail}>{detail}</div>}
          {quiet != null && <div className={css.detail}>{t("source.nothing_found", { time: duration(quiet) })}</div>}
          {!!unseen && <div className={css.detail}>{t("source.unseen", { count: count(unseen) })}</div>}
        </>
      ),
    },
    { title: t("source.fps"), key: "fps", align: "right", render: (_, { fps }) => `${fps.toFixed(1)} fps` },
    { title: t("source.frames"), key: "frames", align: "right", render: (_, { frames }) => count(frames) },
    {
      title: (
        <Tooltip title={t("source.dropped_hint")}>
          {t("source.dropped")} <QuestionCircleOutlined />
        </Tooltip>
      ),
      key: "dropped",
      align: "right",
      render: (_, { dropped, frames }) => (
        <>
          {count(dropped)}
          {dropped > 0 && <div className={css.minor}>{((dropped / Math.max(frames, 1)) * 100).toFixed(1)} %</div>}
        </>
      ),
    },
    { title: t("source.reconnects"), key: "reconnects", align: "right", render: (_, { reconnects }) => count(reconnects) },
    {
      title: t("source.frame_age"),
      key: "frame_age",
      align: "right",
      render: (_, { frame_age_s, clock_offset_s }) => (
        <>
          {frame_age_s === null ? "–" : duration(frame_age_s)}
          {clock_offset_s != null && (
            <div className={css.minor}>{t("source.clock_offset", { offset: signed(clock_offset_s) })}</div>
          )}
        </>
      ),
    },
    {
      title: t("source.resolution"),
      key: "resolution",
      align: "right",
      render: (_, { width, height }) => (width === null || height === null ? "–" : `${width} × ${height}`),
    },
    {
      title: t("source.placement"),
      key: "placement",
      render: (_, { placement, residual_m }) => (
        <>
          {t(`placement.${placement}`)}
          {residual_m !== null && <div className={css.minor}>{t("source.residual", { residual: metres(residual_m) })}</div>}
        </>
      ),
    },
    {
      key: "alerts",
      align: "right",
      render: (_, { id }) => <Link to={`/?state=all&source=${encodeURIComponent(id)}`}>{t("source.alerts")}</Link>,
    },
  ];
}
