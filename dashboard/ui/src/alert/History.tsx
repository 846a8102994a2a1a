/** Who did what to this alert, newest last. */
import { Card, Timeline } from "antd";
import type { AlertDetail, HistoryEntry } from "../api.types";
import { formats } from "../format";
import type { Translate } from "../i18n";
import { useSettings } from "../settings";
import css from "./alert.module.css";

export function History({ alert }: { alert: AlertDetail }) {
  const { t, language } = useSettings();
  const { time } = formats(t, language);
  return (
    <Card size="small" title={t("alert.history")} data-testid="history">
      {alert.history.length === 0 ? (
        <span className={css.minor}>{t("alert.history_empty")}</span>
      ) : (
        <Timeline
          className={css.history}
          items={alert.history.map((entry, index) => ({
            key: index,
            content: (
              <>
                <div>{headline(entry, t)}</div>
                {entry.note && <div>{entry.note}</div>}
                <div className={css.minor}>{time(entry.at)}</div>
              </>
            ),
          }))}
        />
      )}
    </Card>
  );
}

function headline({ actor, action, reason }: HistoryEntry, t: Translate): string {
  const parts = [t.word("actor", actor), t.word("action", action)];
  if (reason) parts.push(t.word("reason", reason));
  return parts.join(" · ");
}
