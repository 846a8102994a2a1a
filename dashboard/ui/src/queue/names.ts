/** Names that are put together from several words. */
import type { Alert } from "../api.types";
import type { Language, Translate } from "../i18n";

/** `parking-traffic_police`: the rule, then who decides. */
export function queueName(queue: string, t: Translate): string {
  const at = queue.indexOf("-");
  if (at === -1) return queue;
  return `${t.word("rule", queue.slice(0, at))} · ${t.word("authority", queue.slice(at + 1))}`;
}

/** Null where the alert is about no fence. */
export function fenceName({ fence }: Pick<Alert, "fence">, language: Language): string | null {
  if (!fence) return null;
  return language === "en" && fence.name_en ? fence.name_en : fence.name;
}

/** The fence, and of a truck that told of itself its plate, or its terminal where none is known. */
export function whereName(alert: Pick<Alert, "fence" | "plate" | "terminal">, language: Language): string {
  const truck = alert.terminal && (alert.plate?.text ?? alert.terminal);
  return [truck, fenceName(alert, language)].filter(Boolean).join(" · ");
}

/** A rule from a file brings its names along. */
export function ruleName(alert: Pick<Alert, "rule" | "rule_name">, t: Translate, language: Language): string {
  const { rule_name: name } = alert;
  return name ? (language === "en" ? name.en : name.zh) : t.word("rule", alert.rule);
}

/** The rule, the class and the fence, as far as there are. */
export function title(alert: Alert, t: Translate, language: Language): string {
  const parts = [ruleName(alert, t, language), t.word("class", alert.class), fenceName(alert, language)];
  return parts.filter(Boolean).join(" · ");
}
