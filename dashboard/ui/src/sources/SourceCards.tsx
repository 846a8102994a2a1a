/** The sources on a phone, where a table of ten columns has no room. */
import { Link } from "react-router";
import type { Source } from "../api.types";
import { formats } from "../format";
import { SOURCE_COLOUR } from "../map/colours";
import { useSettings } from "../settings";
import { StateTag } from "../StateTag";
import css from "./sources.module.css";

export function SourceCards({ sources }: { sources: Source[] }) {
  return (
    <div className={css.cards} data-testid="sources">
      {sources.map((source) => (
        <SourceCard key={source.id} source={source} />
      ))}
    </div>
  );
}

function SourceCard({ source }: { source: Source }) {
  const { t, language } = useSettings();
  const { time, count, duration } = formats(t, language);
  const { width, height, frame_age_s: age, nothing_found_s: quiet, unseen } = source;
  const facts: [string, string][] = [
    [t("source.fps"), `${source.fps.toFixed(1)} fps`],
    [t("source.frames"), count(source.frames)],
    [t("source.dropped"), count(source.dropped)],
    [t("source.reconnects"), count(source.reconnects)],
    [t("source.frame_age"), age === null ? "–" : duration(age)],
    [t("source.resolution"), width === null || height === null ? "–" : `${width} × ${height}`],
    [t("source.placement"), t(`placement.${source.placement}`)],
  ];
  return (
    <section className={css.card}>
      <div className={css.cardHead}>
        <span className={css.name}>{source.name}</span>
        <StateTag colour={SOURCE_COLOUR[source.state]}>{t(`source_state.${source.state}`)}</StateTag>
      </div>
      <div className={css.minor}>
        {t.word("source_kind", source.kind)} · {t("source.since", { time: time(source.since) })}
      </div>
      {source.detail && <div className={css.detail}>{source.detail}</div>}
      {quiet != null && <div className={css.detail}>{t("source.nothing_found", { time: duration(quiet) })}</div>}
      {!!unseen && <div className={css.detail}>{t("source.unseen", { count: count(unseen) })}</div>}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Link to={`/?state=all&source=${encodeURIComponent(source.id)}`}>{t("source.alerts")}</Link>
    </section>
  );
}
