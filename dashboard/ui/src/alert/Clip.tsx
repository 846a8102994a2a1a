/** The clip, with the frame-by-frame steps that a reviewer needs. */
import { StepBackwardOutlined, StepForwardOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Card, Progress, Space, Tooltip } from "antd";
import { useRef, useState } from "react";
import { evidenceUrl } from "../api";
import type { AlertDetail } from "../api.types";
import { explain } from "../failure";
import { usePrepared } from "../privacy/usePrepared";
import { useView, viewed } from "../privacy/view";
import { sourcesQuery } from "../queries";
import { useT } from "../settings";
import { useKeys } from "../useKeys";
import css from "./alert.module.css";
import { find, whyNot } from "./evidence";

const CLIP = "clip.mp4";
/** What video is recorded at here, for a source that does not report a rate. */
const USUAL_FPS = 25;

export function Clip({ alert }: { alert: AlertDetail }) {
  const t = useT();
  const video = useRef<HTMLVideoElement>(null);
  const view = useView();
  const url = viewed(evidenceUrl(alert.id, CLIP), view);
  const [failed, setFailed] = useState<string | null>(null);
  const absent = whyNot(find(alert, CLIP), t);
  const prepared = usePrepared(absent === null && view.masks && view.reason === null ? url : null);
  const { data: sources } = useQuery(sourcesQuery);
  const refused = prepared.state === "failed" ? explain(prepared.error, t) : null;
  const reason = absent ?? refused ?? (failed === url ? t("evidence.failed") : null);
  const rate = sources?.find(({ id }) => id === alert.source)?.fps ?? 0;

  const step = (frames: 1 | -1) => {
    const player = video.current;
    if (player === null) return;
    player.pause();
    const to = player.currentTime + frames / (rate > 1 ? rate : USUAL_FPS);
    player.currentTime = Math.min(Math.max(0, to), player.duration || 0);
  };
  useKeys({ ",": () => step(-1), ".": () => step(1) });

  const steps = (
    <Space.Compact size="small">
      <Tooltip title={t("clip.back")}>
        <Button icon={<StepBackwardOutlined />} aria-label={t("clip.back")} onClick={() => step(-1)} />
      </Tooltip>
      <Tooltip title={t("clip.forward")}>
        <Button icon={<StepForwardOutlined />} aria-label={t("clip.forward")} onClick={() => step(1)} />
      </Tooltip>
    </Space.Compact>
  );
  return (
    <Card size="small" title={t("clip.title")} extra={reason === null && steps}>
      {reason === null && prepared.state === "preparing" ? (
        <Preparing progress={prepared.progress} />
      ) : reason === null ? (
        <video
          key={url}
          ref={video}
          className={css.video}
          src={url}
          controls
          muted
          playsInline
          preload="metadata"
          onError={() => setFailed(url)}
          data-testid="clip-video"
        />
      ) : (
        <div className={css.absent} data-testid="clip-state">
          {reason}
        </div>
      )}
      {reason === null && <div className={css.hint}>{t("clip.hint")}</div>}
    </Card>
  );
}

function Preparing({ progress }: { progress: number }) {
  const t = useT();
  return (
    <div className={css.absent} data-testid="clip-preparing">
      <div style={{ width: "60%", textAlign: "center" }}>
        {t("privacy.preparing_video")}
        <Progress percent={Math.round(progress * 100)} size="small" />
      </div>
    </div>
  );
}
