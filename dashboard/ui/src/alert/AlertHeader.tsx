/** What this alert is, and the way back, on and around. */
import { ArrowLeftOutlined, DownOutlined, LinkOutlined, UpOutlined } from "@ant-design/icons";
import { App, Button, Space, Tooltip } from "antd";
import type { Alert } from "../api.types";
import { ALERT_COLOUR } from "../map/colours";
import { title } from "../queue/names";
import { stageOf } from "../queue/stage";
import { useSettings } from "../settings";
import { StateTag } from "../StateTag";
import css from "./alert.module.css";

type Props = {
  alert: Alert | undefined;
  onBack: () => void;
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
};

export function AlertHeader({ alert, onBack, onPrevious, onNext }: Props) {
  const { t, language } = useSettings();
  const { message } = App.useApp();
  const copy = async () => {
    await navigator.clipboard.writeText(window.location.href);
    message.success(t("alert.copied"));
  };
  return (
    <div className={css.header}>
      <Tooltip title={`${t("alert.back")} (Esc)`}>
        <Button type="text" icon={<ArrowLeftOutlined />} onClick={onBack} aria-label={t("alert.back")} data-testid="back" />
      </Tooltip>
      {alert && (
        <>
          <h1 className={css.title}>
            {title(alert, t, language)}
          </h1>
          <StateTag colour={ALERT_COLOUR[stageOf(alert)]} testid="alert-state" state={stageOf(alert)}>
            {t(`state.${stageOf(alert)}`)}
          </StateTag>
        </>
      )}
      <div className={css.headerTools}>
        {window.isSecureContext && (
          <Tooltip title={t("alert.copy")}>
            <Button size="small" icon={<LinkOutlined />} onClick={() => void copy()} aria-label={t("alert.copy")} />
          </Tooltip>
        )}
        <Space.Compact size="small">
          <Step label={t("alert.previous")} icon={<UpOutlined />} onClick={onPrevious} />
          <Step label={t("alert.next")} icon={<DownOutlined />} onClick={onNext} />
        </Space.Compact>
      </div>
    </div>
  );
}

function Step({ label, icon, onClick }: { label: string; icon: React.ReactNode; onClick: (() => void) | null }) {
  return (
    <Tooltip title={label}>
      <Button size="small" icon={icon} aria-label={label} disabled={onClick === null} onClick={onClick ?? undefined} />
    </Tooltip>
  );
}
