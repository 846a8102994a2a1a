/** One file of an upload: how far it is, what is wrong with it, and what can be done about it. */
import { CheckCircleFilled, CloseOutlined, ExclamationCircleFilled, PauseOutlined, CaretRightOutlined, ReloadOutlined } from "@ant-design/icons";
import { Button, Popconfirm, Progress, Tooltip } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { fileSize, ratio } from "../figures";
import { type FlightTranslate, useFlightT } from "../words";
import type { Row } from "./rows";
import css from "./upload.module.css";

type Props = {
  row: Row;
  flight: number;
  editable: boolean;
  onPause: (id: number) => void;
  onResume: (id: number) => void;
  onRemove: (row: Row) => void;
};

export function FileRow({ row, flight, editable, onPause, onResume, onRemove }: Props) {
  const t = useFlightT();
  const { id, state, size, sent } = row;
  const slash = row.name.lastIndexOf("/") + 1;
  const action = (label: string, icon: ReactNode, act?: () => void) => (
    <Tooltip title={label}>
      <Button type="text" size="small" icon={icon} aria-label={`${label} ${row.name}`} onClick={act} />
    </Tooltip>
  );
  return (
    <li className={css.row} data-testid="upload-row" data-state={state}>
      <Mark state={state} percent={ratio(sent, size) * 100} />
      <div className={css.rowText}>
        <div className={css.rowName} title={row.name}>
          <span className={css.folder}>{row.name.slice(0, slash)}</span>
          {row.name.slice(slash)}
        </div>
        <div className={state === "failed" ? css.bad : css.minor}>{told(row, t)}</div>
        {row.duplicate_of && <Duplicate of={row.duplicate_of} flight={flight} />}
      </div>
      {editable && (
        <div className={css.rowTools}>
          {id !== null && (state === "sending" || state === "waiting") && action(t("upload.pause"), <PauseOutlined />, () => onPause(id))}
          {id !== null && state === "paused" && action(t("upload.resume"), <CaretRightOutlined />, () => onResume(id))}
          {id !== null && state === "failed" && action(t("upload.retry"), <ReloadOutlined />, () => onResume(id))}
          <Popconfirm
            title={t("upload.remove_title")}
            description={sent > 0 ? t("upload.remove_body") : undefined}
            okText={t("upload.remove")}
            cancelText={t("flight.cancel")}
            okButtonProps={{ danger: true }}
            onConfirm={() => onRemove(row)}
          >
            {action(t("upload.remove"), <CloseOutlined />)}
          </Popconfirm>
        </div>
      )}
    </li>
  );
}

function Mark({ state, percent }: { state: Row["state"]; percent: number }) {
  if (state === "done") return <CheckCircleFilled className={css.good} />;
  if (state === "failed") return <ExclamationCircleFilled className={css.bad} />;
  return <Progress type="circle" size={18} percent={percent} strokeWidth={14} showInfo={false} />;
}

function Duplicate({ of, flight }: { of: NonNullable<Row["duplicate_of"]>; flight: number }) {
  const t = useFlightT();
  if (of.flight === flight) return <div className={css.note}>{t("upload.duplicate_here", { name: of.name })}</div>;
  return (
    <div className={css.note}>
      <Link to={`/flights/${of.flight}`}>{t("upload.duplicate", { flight: of.flight, name: of.name })}</Link>
    </div>
  );
}

function told({ state, retrying, problem, sent, size }: Row, t: FlightTranslate): string {
  if (problem !== null) {
    if (problem.code === "other" && problem.status === 0) return problem.message || t("upload.failed");
    return t(`problem.${problem.code}`, { code: problem.status, message: problem.message });
  }
  if (state === "done") return fileSize(size);
  if (state === "elsewhere") return t("upload.elsewhere", { sent: fileSize(sent) });
  const word = t(retrying ? "upload.retrying" : `upload.${state}`);
  return `${word} · ${fileSize(sent)} / ${fileSize(size)}`;
}
