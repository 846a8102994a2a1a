/** Why the machine raised this: in a sentence, and the numbers and states behind it. */
import { Card } from "antd";
import type { Alert } from "../api.types";
import { formats, percent } from "../format";
import { fenceName, ruleName } from "../queue/names";
import { useSettings } from "../settings";
import css from "./alert.module.css";
import { Why } from "./Why";

export function RuleSentence({ alert }: { alert: Alert }) {
  const { t, language } = useSettings();
  const { duration } = formats(t, language);
  // What a truck did wrong is not that it stood in a fence: its states and numbers tell it.
  const stands = !alert.rule.startsWith("muck-");
  const fence = stands ? fenceName(alert, language) : null;
  const there = alert.rule_name ? "alert.rule_sentence_there" : "alert.rule_sentence_fence";
  return (
    <Card size="small" title={t("alert.rule")}>
      {stands && alert.dwell_needed_s > 0 && (
        <div className={css.rule} data-testid="rule">
          {t(alert.rule_name ? "alert.rule_sentence_file" : "alert.rule_sentence", {
            dwell: duration(alert.dwell_s),
            needed: duration(alert.dwell_needed_s),
            probability: percent(alert.probability_inside),
          })}
        </div>
      )}
      <div className={css.minor}>
        {t(fence ? there : "alert.rule_sentence_alone", {
          class: t.word("class", alert.class),
          fence: fence ?? "",
          rule: ruleName(alert, t, language),
        })}
        {alert.rule_version && ` ${t("alert.rule_version", { version: alert.rule_version })}`}
      </div>
      {alert.why && <Why why={alert.why} basis={alert.time_basis} />}
    </Card>
  );
}
