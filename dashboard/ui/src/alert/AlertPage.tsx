/** One alert, whole: both moments, the clip, the place, the rule, the evidence, and the decision. */
import { useQuery } from "@tanstack/react-query";
import { Alert as Notice, Button, Card, Empty, Result, Skeleton } from "antd";
import { useNavigate, useParams } from "react-router";
import { ApiError } from "../api";
import type { AlertDetail, Session } from "../api.types";
import { Failure } from "../failure";
import { ViewProvider } from "../privacy/view";
import { alertQuery } from "../queries";
import { writeFilters } from "../queue/filters";
import { useNeighbours } from "../queue/useNeighbours";
import { useT } from "../settings";
import { useKeys } from "../useKeys";
import css from "./alert.module.css";
import { AlertHeader } from "./AlertHeader";
import { Clip } from "./Clip";
import { EvidenceTable } from "./EvidenceTable";
import { Facts } from "./Facts";
import { Frames } from "./Frames";
import { History } from "./History";
import { Place } from "./Place";
import { Review } from "./Review";
import { RuleSentence } from "./RuleSentence";
import { SameAct } from "./SameAct";

export default function AlertPage({ session }: { session: Session }) {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const alert = useQuery(alertQuery(id));
  const { filters, previous, next } = useNeighbours(id);
  const open = (other: string) => navigate(`/alerts/${other}${writeFilters(filters)}`);
  const back = () => navigate(`/${writeFilters(filters, id)}`);
  const onPrevious = previous === undefined ? null : () => void open(previous);
  const onNext = next === undefined ? null : () => void open(next);
  useKeys({ j: () => onNext?.(), k: () => onPrevious?.(), Escape: back });

  if (alert.error instanceof ApiError && alert.error.status === 404) return <NoSuchAlert onBack={back} />;
  if (alert.isError && alert.data === undefined) {
    return <Failure error={alert.error} onRetry={() => void alert.refetch()} />;
  }
  return (
    <div className={css.page}>
      <AlertHeader alert={alert.data} onBack={back} onPrevious={onPrevious} onNext={onNext} />
      {alert.data ? (
        <ViewProvider key={id} session={session}>
          <Body alert={alert.data} session={session} />
        </ViewProvider>
      ) : ( <Skeleton active className={css.waiting} />
      )}
    </div>
  );
}

function Body({ alert, session }: { alert: AlertDetail; session: Session }) {
  const t = useT();
  return (
    <div className={css.body}>
      <div className={css.main}>
        <Notice type="info" showIcon title={t("app.lead_note")} />
        {isFilmed(alert) ? (
          <>
            <Frames alert={alert} />
            <div className={css.late}>
              <Clip alert={alert} />
            </div>
          </>
        ) : (
          <Card size="small">
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("alert.no_picture")} data-testid="no-picture" />
          </Card>
        )}
        <div className={css.last}>
          <EvidenceTable alert={alert} />
        </div>
      </div>
      <div className={css.side}>
        <Review alert={alert} role={session.user.role} />
        <SameAct alert={alert} role={session.user.role} />
        <RuleSentence alert={alert} />
        <Place alert={alert} />
        <div className={css.late}>
          <Facts alert={alert} />
        </div>
        <div className={css.last}>
          <History alert={alert} />
        </div>
      </div>
    </div>
  );
}

/** A truck that told of itself may have been seen by no camera. */
const isFilmed = (alert: AlertDetail) => alert.terminal === undefined || alert.track !== undefined;

function NoSuchAlert({ onBack }: { onBack: () => void }) {
  const t = useT();
  const back = (
    <Button type="primary" onClick={onBack}>
      {t("app.to_overview")}
    </Button>
  );
  return <Result status="404" title={t("alert.not_found")} subTitle={t("alert.not_found_hint")} extra={back} />;
}
