/** One act, one alert: what other sources told of it, why that is taken for the same, and the way to take it apart. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Card } from "antd";
import { Link } from "react-router";
import { separate } from "../api";
import type { AlertDetail, Role, SameAct as Because } from "../api.types";
import { explain } from "../failure";
import { formats } from "../format";
import type { Translate } from "../i18n";
import { useSettings } from "../settings";
import css from "./alert.module.css";

export function SameAct({ alert, role }: { alert: AlertDetail; role: Role }) {
  const { t, language } = useSettings();
  const { time } = formats(t, language);
  const also = alert.also ?? [];
  if (also.length === 0 && !alert.part_of) return null;
  return (
    <Card size="small" title={t("act.title")} data-testid="same-act">
      {alert.part_of && (
        <>
          <div>
            {t("act.part_of")} <Link to={`/alerts/${alert.part_of}`}>{t("act.whole")}</Link>
          </div>
          <Separate id={alert.id} role={role} />
        </>
      )}
      {also.map((part) => (
        <div key={part.alert} className={css.part}>
          <Link to={`/alerts/${part.alert}`}>{part.source_name}</Link>
          <div className={css.minor}>{time(part.since, alert.time_basis)}</div>
          <div className={css.minor}>{reason(part.because, t)}</div>
          <Separate id={part.alert} role={role} />
        </div>
      ))}
    </Card>
  );
}

function reason({ apart_m, doubt_m, gap_s, plate }: Because, t: Translate): string {
  const parts = [t("act.apart", { apart: apart_m.toFixed(1), doubt: doubt_m.toFixed(1) })];
  if (gap_s > 0) parts.push(t("act.gap", { minutes: Math.ceil(gap_s / 60) }));
  if (plate) parts.push(t("act.plate"));
  return parts.join(" · ");
}

function Separate({ id, role }: { id: string; role: Role }) {
  const { t } = useSettings();
  const { message } = App.useApp();
  const client = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () => separate(id),
    onSuccess: () => {
      message.success(t("act.separated"));
      for (const key of ["alert", "alerts"]) void client.invalidateQueries({ queryKey: [key] });
    },
    onError: (error) => message.error(explain(error, t)),
  });
  if (role === "viewer") return null;
  return (
    <Button size="small" loading={isPending} onClick={() => mutate()} data-testid="separate">
      {t("act.separate")}
    </Button>
  );
}
