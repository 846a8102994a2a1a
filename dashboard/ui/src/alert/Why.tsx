/** The states an alert went through, the numbers that decided, and what would have changed the decision. */
import { formats, type Formats, percent, type TimeBasis } from "../format";
import type { Alert, FactUnit } from "../api.types";
import type { Translate } from "../i18n";
import { useSettings } from "../settings";
import css from "./alert.module.css";

type Grounds = NonNullable<Alert["why"]>;
type Fact = Grounds["facts"][number];

export function Why({ why, basis }: { why: Grounds; basis: TimeBasis }) {
  const { t, language } = useSettings();
  const form = formats(t, language);
  const turning = why.facts.filter((fact) => fact.limit);
  return (
    <details className={css.why} data-testid="why">
      <summary>{t("why.title")}</summary>
      <ol className={css.turns}>
        {why.turns.map(({ at, state }) => (
          <li key={`${at} ${state}`}>
            <time dateTime={at}>{form.shortTime(at, basis)}</time> {t.word("why_state", state)}
          </li>
        ))}
      </ol>
      <dl className={css.facts}>
        {why.facts.map((fact) => (
          <div key={fact.name} className={css.fact}>
            <dt>{t.word("why_fact", fact.name)}</dt>
            <dd>{told(fact, form)}</dd>
          </div>
        ))}
      </dl>
      {turning.length > 0 && (
        <>
          <div className={css.minor}>{t("why.otherwise")}</div>
          <ul className={css.turns}>
            {turning.map((fact) => (
              <li key={fact.name}>{otherwise(fact, t, form)}</li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}

function told({ value, unit, limit }: Fact, form: Formats): string {
  const amount = amountOf(value, unit, form);
  if (!limit) return amount;
  return `${amount} ${limit.sense === "at_least" ? "≥" : "≤"} ${amountOf(limit.value, unit, form)}`;
}

function otherwise({ name, unit, limit }: Fact, t: Translate, form: Formats): string {
  const key = limit?.sense === "at_most" ? "why.had_been_more" : "why.had_been_less";
  return t(key, { fact: t.word("why_fact", name), limit: amountOf(limit?.value ?? 0, unit, form) });
}

function amountOf(value: number, unit: FactUnit, form: Formats): string {
  switch (unit) {
    case "second":
      return form.duration(value);
    case "share":
      return percent(value);
    case "count":
      return form.count(value);
    case "metre":
      return `${form.count(round(value))} m`;
    case "square_metre":
      return `${form.count(round(value))} m²`;
    case "kilometre_per_hour":
      return `${form.count(round(value))} km/h`;
  }
}

const round = (value: number) => Number(value.toFixed(1));
