/** Names that are put together from several words. */
import type { Alert } from "../api.types";
import type { Language, Translate } from "../i18n";

/** `parking-traffic_police`: the rule, then who decides. */
export function queueName(queue: string, t: Translate): string {
  const at = queue.indexOf("-");
  if (at === -1) return queue;
  return `${t.word("rule", queue.slice(0, at))} · ${t.word("authority", queue.slice(at + 1))}`;
}

export function fenceName({ fence }: Pick<Alert, "fence">, language: Language): string {
  return language === "en" && fence.name_en ? fence.name_en : fence.name;
}
