/** What, when and who decides: the facts a record must show clearly. */
import { Card } from "antd";
import type { ReactNode } from "react";
import type { Alert } from "../api.types";
import { dwellSoFar, formats } from "../format";
import type { Language, Translate } from "../i18n";
import { fenceName, queueName } from "../queue/names";
import { useSettings } from "../settings";
import css from "./alert.module.css";

function fenceFacts({ fence, ...alert }: Alert, t: Translate, language: Language): [string, ReactNode][] {
  if (!fence) return [];
  return [
    [t("alert.fence"), `${fenceName({ fence }, language)} · ${t.word("fence_kind", fence.kind)}`],
    [t("alert.authority"), t(`authority.${fence.authority ?? "none"}`)],
    ...codeFacts(alert.matter_code ?? fence.matter_code, alert.legal_basis ?? fence.legal_basis, t),
    [t("alert.fence_version"), <code key="version">{fence.version}</code>],
  ];
}

function codeFacts(matter: string | undefined, basis: string | undefined, t: Translate): [string, ReactNode][] {
  const facts: [string, ReactNode][] = [];
  if (matter) facts.push([t("alert.matter_code"), matter]);
  if (basis) facts.push([t("alert.legal_basis"), basis]);
  return facts;
}

function plateFact({ plate }: Alert, t: Translate): [string, ReactNode][] {
  if (!plate) {
    return [];
  }
  const colour = t(`plate_colour.${plate.colour ?? "null"}`);
  const sure = t("alert.plate_looks", { score: plate.confidence.toFixed(2), looks: plate.looks });
  return [[t("alert.plate"), <span key="plate" data-testid="plate">{`${plate.text} · ${colour} · ${sure}`}</span>]];
}

function scored({ score }: Alert, t: Translate): string[] {
  return score === undefined ? [] : [t("alert.score", { score: score.toFixed(2) })];
}

export function Facts({ alert }: { alert: Alert }) {
  const { t, language } = useSettings();
  const { time, duration } = formats(t, language);
  const at = (value: string) => time(value, alert.time_basis);
  const facts: [string, ReactNode][] = [
    [t("alert.since"), at(alert.since)],
    [t("alert.raised_at"), at(alert.raised_at)],
    [t("alert.last_seen"), at(alert.last_seen)],
    [t("alert.ended_at"), alert.ended_at ? at(alert.ended_at) : "–"],
    [t("alert.dwell_total"), `${duration(dwellSoFar(alert))} · ${t(`end.${alert.end_reason ?? "null"}`)}`],
    [t("alert.class"), [t.word("class", alert.class), ...scored(alert, t)].join(" · ")],
    [t("alert.severity"), t(`severity.${alert.severity}`)],
    ...plateFact(alert, t),
    ...fenceFacts(alert, t, language),
    ...(alert.fence ? [] : codeFacts(alert.matter_code, alert.legal_basis, t)),
    [t("alert.queue"), queueName(alert.queue, t)],
    [t("alert.source"), alert.source_name],
    ...(alert.track === undefined ? [] : [[t("alert.track"), alert.track] as [string, ReactNode]]),
    ...(alert.terminal === undefined ? [] : [[t("alert.terminal"), alert.terminal] as [string, ReactNode]]),
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
