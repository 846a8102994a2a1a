/** Why the machine raised this, in a sentence with its numbers. */
import { Card } from "antd";
import type { Alert } from "../api.types";
import { formats, percent } from "../format";
import { fenceName } from "../queue/names";
import { useSettings } from "../settings";
import css from "./alert.module.css";

export function RuleSentence({ alert }: { alert: Alert }) {
  const { t, language } = useSettings();
  const { duration } = formats(t, language);
  return (
    <Card size="small" title={t("alert.rule")}>
      <div className={css.rule} data-testid="rule">
        {t("alert.rule_sentence", {
          dwell: duration(alert.dwell_s),
          needed: duration(alert.dwell_needed_s),
          probability: percent(alert.probability_inside),
        })}
      </div>
      <div className={css.minor}>
        {t("alert.rule_sentence_fence", {
          class: t.word("class", alert.class),
          fence: fenceName(alert, language),
          rule: t.word("rule", alert.rule),
        })}
      </div>
    </Card>
  );
}
