/** The decision that only a person can make. */
import { CheckOutlined, CloseOutlined } from "@ant-design/icons";
import { Alert as Notice, Button, Card, Tooltip } from "antd";
import { useState } from "react";
import type { AlertDetail, Role } from "../api.types";
import { explain } from "../failure";
import { formats } from "../format";
import { Countdown } from "../queue/Countdown";
import { stageOf } from "../queue/stage";
import { useSettings } from "../settings";
import { useKeys } from "../useKeys";
import css from "./alert.module.css";
import { ConfirmDialog } from "./ConfirmDialog";
import { DismissDialog } from "./DismissDialog";
import { useDecide } from "./useDecide";

type Dialog = "confirm" | "dismiss" | null;

export function Review({ alert, role }: { alert: AlertDetail; role: Role }) {
  const { t } = useSettings();
  const [dialog, setDialog] = useState<Dialog>(null);
  const { decide, stale } = useDecide(alert, () => setDialog(null));
  const open = alert.review.state === "open";
  const stage = stageOf(alert);
  const reminded = stage === "reminding" || stage === "corrected";
  const allowed = open && role !== "viewer";
  const ask = (which: Dialog) => {
    decide.reset();
    setDialog(which);
  };
  useKeys(allowed ? { ...(reminded ? {} : { c: () => ask("confirm") }), d: () => ask("dismiss") } : {});

  const shared = {
    pending: decide.isPending,
    error: decide.isError && !stale ? explain(decide.error, t) : null,
    onCancel: () => setDialog(null),
  };
  return (
    <Card size="small" title={t("review.title")} extra={allowed && <span className={css.minor}>{t("review.keys")}</span>}>
      {stale && (
        <Notice type="warning" showIcon className={css.stale} data-testid="stale" title={<><b>{t("review.stale_title")}</b><div>{t("review.stale_body")}</div></>} />
      )}
      {alert.reminder && (
        <Notice
          type={stage === "corrected" ? "success" : "info"}
          className={css.stale}
          data-testid="reminded"
          title={<Countdown alert={alert} />}
          description={reminded ? t(`reminder.${stage}_hint`) : alert.reminder.failure}
        />
      )}
      {open ? (
        <Tooltip title={allowed ? undefined : t("review.viewer")}>
          <div className={css.decide}>
            <Button type="primary" icon={<CheckOutlined />} disabled={!allowed || reminded} onClick={() => ask("confirm")} data-testid="confirm">
              {t("review.confirm")}
            </Button>
            <Button icon={<CloseOutlined />} disabled={!allowed} onClick={() => ask("dismiss")} data-testid="dismiss">
              {t("review.dismiss")}
            </Button>
          </div>
        </Tooltip>
      ) : (
        <Decided alert={alert} />
      )}
      {open && !allowed && <div className={css.hint}>{t("review.viewer")}</div>}
      {dialog === "confirm" && (
        <ConfirmDialog
          {...shared}
          onSubmit={(note) => decide.mutate({ decision: "confirmed", reason: "verified", note })}
        />
      )}
      {dialog === "dismiss" && (
        <DismissDialog
          {...shared}
          onSubmit={(reason, note) => decide.mutate({ decision: "dismissed", reason, note })}
        />
      )}
    </Card>
  );
}

function Decided({ alert: { review } }: { alert: AlertDetail }) {
  const { t, language } = useSettings();
  const { time } = formats(t, language);
  return (
    <Notice
      type={review.state === "confirmed" ? "success" : "info"}
      showIcon
      data-testid="decided"
      title={
        <>
          <b>
            {t("review.decided", {
              state: t(`state.${review.state}`),
              by: review.by ?? "–",
              at: review.at ? time(review.at) : "–",
            })}
          </b>
          {review.reason && <div>{t.word("reason", review.reason)}</div>}
          {review.note && <div>{review.note}</div>}
        </>
      }
    />
  );
}
