/** The upload of one flight: drop zone, totals, every file, and the start of processing. */
import { CaretRightOutlined, LoadingOutlined, PauseOutlined, RocketOutlined } from "@ant-design/icons";
import { Alert, Button, Progress, Switch } from "antd";
import { useMemo } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { explain } from "../../failure";
import { duration } from "../../format";
import { fileSize, ratio } from "../figures";
import { flightKey } from "../keys";
import type { FlightDetail } from "../types";
import { useFlightT } from "../words";
import { DropZone } from "./DropZone";
import { FileRow } from "./FileRow";
import { secondsLeft } from "./pace";
import { isBusy, type Queue, type UploadState } from "./queue";
import { type Row, rows, type Totals, totals } from "./rows";
import css from "./upload.module.css";
import { terminate, uploadsOf } from "./uploads";
import { usePace, useUploads } from "./useUploads";

export function UploadPanel({ flight }: { flight: FlightDetail }) {
  const t = useFlightT();
  const client = useQueryClient();
  const uploads = uploadsOf(flight.id);
  const status = useUploads(flight.id);
  const list = useMemo(() => rows(flight.file_list, status.queue), [flight.file_list, status.queue]);
  const sum = totals(list);
  const busy = isBusy(status.queue);
  const ready = list.length > 0 && sum.done === sum.count;

  const remove = async ({ id, n }: Row) => {
    if (id !== null) await uploads.remove(id);
    else if (n !== null) await terminate(flight.id, n);
    await client.invalidateQueries({ queryKey: flightKey(flight.id) });
  };
  return (
    <div className={css.panel}>
      <DropZone small={list.length > 0} title={t(list.length > 0 ? "upload.drop_more" : "upload.drop")} onPicked={(picked) => uploads.add(picked, flight.file_list)} />
      {list.some(({ state }) => state === "elsewhere") && <Alert type="info" showIcon title={t("upload.elsewhere_hint")} />}
      {list.length > 0 && (
        <section className={css.box}>
          <Head sum={sum} busy={busy} queue={status.queue} onPause={uploads.pause} onResume={uploads.resume} />
          <ul className={css.rows}>
            {list.map((row) => (
              <FileRow
                key={row.key}
                row={row}
                flight={flight.id}
                editable
                onPause={(id) => uploads.pause([id])}
                onResume={(id) => uploads.resume([id])}
                onRemove={(gone) => void remove(gone)}
              />
            ))}
          </ul>
        </section>
      )}
      {busy && <div className={css.minor}>{t("upload.keep_open")}</div>}
      {status.startError !== null && (
        <Alert type="error" showIcon title={t("upload.start_failed")} description={explain(status.startError, t)} data-testid="start-error" />
      )}
      <div className={css.start}>
        <label className={css.auto}>
          <Switch checked={status.auto} onChange={uploads.setAuto} data-testid="auto-start" />
          {t("upload.auto")}
        </label>
        <div className={css.startButton}>
          {!ready && <span className={css.minor}>{t(list.length === 0 ? "upload.start_empty" : "upload.start_wait")}</span>}
          {status.starting && <span className={css.minor}>{t("upload.starting")}</span>}
          <Button type="primary" icon={status.starting ? <LoadingOutlined /> : <RocketOutlined />} disabled={!ready} onClick={uploads.start} data-testid="start">
            {t("upload.start")}
          </Button>
        </div>
      </div>
    </div>
  );
}

type HeadProps = { sum: Totals; busy: boolean; queue: Queue; onPause: (ids: number[]) => void; onResume: (ids: number[]) => void };

function Head({ sum, busy, queue, onPause, onResume }: HeadProps) {
  const t = useFlightT();
  const pace = usePace(sum.sent, busy);
  const left = secondsLeft(sum.size - sum.sent, pace);
  const ids = (...states: UploadState[]) => queue.filter(({ state }) => states.includes(state)).map(({ id }) => id);
  const [running, resting] = [ids("sending", "waiting"), ids("paused", "failed")];
  const speed = pace === null ? "" : fileSize(Math.max(0, pace));
  return (
    <header className={css.head}>
      <div className={css.headText}>
        <span>{t("upload.total", { done: sum.done, count: sum.count, sent: fileSize(sum.sent), size: fileSize(sum.size) })}</span>
        {busy && pace !== null && (
          <span className={css.minor} data-testid="pace">
            {left === null ? t("upload.speed", { speed }) : t("upload.pace", { speed, eta: duration(Math.ceil(left), t) })}
          </span>
        )}
      </div>
      <div className={css.headTools}>
        {running.length > 0 && (
          <Button size="small" icon={<PauseOutlined />} onClick={() => onPause(running)} data-testid="pause-all">
            {t("upload.pause_all")}
          </Button>
        )}
        {resting.length > 0 && (
          <Button size="small" icon={<CaretRightOutlined />} onClick={() => onResume(resting)} data-testid="resume-all">
            {t("upload.resume_all")}
          </Button>
        )}
      </div>
      <Progress percent={ratio(sum.sent, sum.size) * 100} showInfo={false} size="small" status={busy ? "active" : "normal"} className={css.bar} />
    </header>
  );
}
