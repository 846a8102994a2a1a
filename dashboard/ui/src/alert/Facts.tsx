/** What, when and who decides: the facts a record must show clearly. */
import { Card } from "antd";
import type { ReactNode } from "react";
import type { Alert } from "../api.types";
import { dwellSoFar, formats } from "../format";
import type { Translate } from "../i18n";
import { fenceName, queueName } from "../queue/names";
import { useSettings } from "../settings";
import css from "./alert.module.css";

function plateFact({ plate }: Alert, t: Translate): [string, ReactNode][] {
  if (!plate) {
    return [];
  }
  const colour = t(`plate_colour.${plate.colour ?? "null"}`);
  const sure = t("alert.plate_looks", { score: plate.confidence.toFixed(2), looks: plate.looks });
  return [[t("alert.plate"), <span key="plate" data-testid="plate">{`${plate.text} · ${colour} · ${sure}`}</span>]];
}

export function Facts({ alert }: { alert: Alert }) {
  const { t, language } = useSettings();
  const { time, duration } = formats(t, language);
  const at = (value: string) => time(value, alert.time_basis);
  const { fence } = alert;
  const facts: [string, ReactNode][] = [
    [t("alert.since"), at(alert.since)],
    [t("alert.raised_at"), at(alert.raised_at)],
    [t("alert.last_seen"), at(alert.last_seen)],
    [t("alert.ended_at"), alert.ended_at ? at(alert.ended_at) : "–"],
    [t("alert.dwell_total"), `${duration(dwellSoFar(alert))} · ${t(`end.${alert.end_reason ?? "null"}`)}`],
    [t("alert.class"), `${t.word("class", alert.class)} · ${t("alert.score", { score: alert.score.toFixed(2) })}`],
    ...plateFact(alert, t),
    [t("alert.fence"), `${fenceName(alert, language)} · ${t.word("fence_kind", fence.kind)}`],
    [t("alert.authority"), t(`authority.${fence.authority ?? "none"}`)],
    [t("alert.queue"), queueName(alert.queue, t)],
    [t("alert.source"), alert.source_name],
    [t("alert.track"), alert.track],
    [t("alert.fence_version"), <code key="version">{fence.version}</code>],
    [t("alert.number"), <code key="id">{alert.id}</code>],
  ];
  return (
    <Card size="small" title={t("alert.facts")}>
      <div className={css.minor} data-testid="time-basis">
        {t(`basis.${alert.time_basis}`)}
      </div>
      <dl className={css.facts}>
        {facts.map(([name, value]) => (
          <div key={name} className={css.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
