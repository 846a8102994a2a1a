/** A flight that is not finished: how far it is, or why it went no further. */
import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card, Progress } from "antd";
import { explain } from "../failure";
import { duration } from "../format";
import { retryFlight } from "./api";
import { fileSize, ratio } from "./figures";
import css from "./flight.module.css";
import { takeFlight } from "./patch";
import { Warnings } from "./report/Warnings";
import type { FlightDetail } from "./types";
import { FileRow } from "./upload/FileRow";
import { rows } from "./upload/rows";
import upload from "./upload/upload.module.css";
import { useFlightT } from "./words";

const ignore = () => undefined;

export function Working({ flight, mayChange }: { flight: FlightDetail; mayChange: boolean }) {
  const t = useFlightT();
  const { id, state, file_list, warnings } = flight;
  return (
    <div className={css.column}>
      {state === "failed" ? <Failed flight={flight} mayChange={mayChange} /> : <Progressing flight={flight} />}
      {warnings.length > 0 && (
        <Card size="small" title={t("tab.warnings")}>
          <Warnings warnings={warnings} />
        </Card>
      )}
      {file_list.length > 0 && (
        <section className={upload.box}>
          <header className={upload.head}>
            <b>{t("flight.files")}</b>
            <span className={css.minor}>{t("figure.files", { n: file_list.length, size: fileSize(flight.bytes) })}</span>
          </header>
          <ul className={upload.rows}>
            {rows(file_list, []).map((row) => (
              <FileRow key={row.key} row={row} flight={id} editable={false} onPause={ignore} onResume={ignore} onRemove={ignore} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Progressing({ flight }: { flight: FlightDetail }) {
  const t = useFlightT();
  const { state, progress, eta_s, detail, received, bytes } = flight;
  const share = state === "uploading" ? ratio(received, bytes) : (progress ?? 0);
  const word = state === "queued" || state === "processing" ? t(`flight.${state}`) : t("flight_state.uploading");
  return (
    <Card data-testid="flight-progress">
      <div className={css.stage}>{word}</div>
      <Progress percent={Math.floor(share * 1000) / 10} status={state === "processing" ? "active" : "normal"} />
      <div className={css.minor}>
        {[detail, eta_s === null ? "" : t("figure.eta", { eta: duration(Math.ceil(eta_s), t) })].filter(Boolean).join(" · ")}
      </div>
      {(state === "queued" || state === "processing") && <p className={css.hint}>{t(`flight.${state}_hint`)}</p>}
      {state === "queued" && flight.ahead > 0 && <p className={css.hint}>{t("flight.ahead", { n: flight.ahead })}</p>}
    </Card>
  );
}

function Failed({ flight, mayChange }: { flight: FlightDetail; mayChange: boolean }) {
  const t = useFlightT();
  const client = useQueryClient();
  const { message } = App.useApp();
  const retry = useMutation({
    mutationFn: () => retryFlight(flight.id),
    onSuccess: (changed) => takeFlight(client, changed),
    onError: (error) => void message.error(explain(error, t)),
  });
  return (
    <Alert
      type="error"
      showIcon
      title={t("flight.failed")}
      description={
        <>
          <div className={css.reason}>{flight.detail || t("flight.no_reason")}</div>
          <div>{t("flight.failed_hint")}</div>
          {mayChange && (
            <Button className={css.retry} danger icon={<ReloadOutlined />} loading={retry.isPending} onClick={() => retry.mutate()} data-testid="retry">
              {t("flight.retry")}
            </Button>
          )}
        </>
      }
      data-testid="flight-failed"
    />
  );
}
