/** How long who was reminded still has to drive off, by the second. */
import { useEffect, useState } from "react";
import type { Alert } from "../api.types";
import { duration } from "../format";
import { useT } from "../settings";
import { remaining } from "./stage";

export function Countdown({ alert }: { alert: Alert }) {
  const t = useT();
  const [now, setNow] = useState(Date.now);
  const left = remaining(alert, now);
  const runs = left !== null && left > 0;
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [runs]);
  if (alert.reminder === undefined) return null;
  return (
    <span data-testid="reminder" data-state={alert.reminder.state}>
      {t(`reminder.${alert.reminder.state}`)}
      {left !== null && ` · ${left > 0 ? t("reminder.left", { time: duration(Math.ceil(left / 1000), t) }) : t("reminder.up")}`}
    </span>
  );
}
