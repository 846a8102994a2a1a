/** The video or photo of the moment, and the telemetry of that moment under it. */
import { DownloadOutlined, FullscreenOutlined } from "@ant-design/icons";
import { Button, Progress, Tooltip } from "antd";
import { type ReactNode, useRef, useState } from "react";
import { explain } from "../../failure";
import { Shown } from "../../privacy/Shown";
import { usePrepared } from "../../privacy/usePrepared";
import { useView, viewed } from "../../privacy/view";
import { useT } from "../../settings";
import { mediaUrl } from "../api";
import { gsd } from "../figures";
import type { FlightModel } from "../model";
import type { FlightFile } from "../types";
import { type FlightTranslate, useFlightT } from "../words";
import { type Clock, useMoment } from "./clock";
import { lookAt } from "./looks";
import css from "./timeline.module.css";
import { type Segment, showing } from "./timeline";
import { aircraftAt } from "./track";
import { align, togglePlay, usePlayback } from "./usePlayback";

type Props = { flight: number; model: FlightModel; files: FlightFile[]; clock: Clock };

export function Player({ flight, model, files, clock }: Props) {
  const t = useFlightT();
  const words = useT();
  const { timeline } = model;
  const video = useRef<HTMLVideoElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  usePlayback(clock, timeline, video);
  const segment = useMoment(clock, ({ at }) => showing(timeline, at));
  const gap = useMoment(clock, ({ at }) => segment !== undefined && (at < segment.from || at > segment.to));
  const [unplayable, setUnplayable] = useState<ReadonlySet<number>>(new Set());

  const file = segment && files.find(({ name }) => name === segment.name);
  const view = useView();
  const bare = file && mediaUrl(flight, file.n);
  const url = bare && viewed(bare, view);
  const waits = segment?.kind === "video" && view.masks && view.reason === null;
  const prepared = usePrepared(waits ? (url ?? null) : null);
  const refused = prepared.state === "failed" ? explain(prepared.error, words) : null;
  const why = reason(segment, url, unplayable, t) ?? refused;
  const fail = (media: number) => setUnplayable((known) => new Set(known).add(media));
  return (
    <div className={css.player}>
      <div ref={stage} className={css.stage}>
        {why !== null || segment === undefined || url === undefined ? (
          <Note download={url}>{why}</Note>
        ) : prepared.state === "preparing" ? (
          <div className={css.absent} data-testid="player-preparing">
            <div>{words("privacy.preparing_video")}</div>
            <Progress percent={Math.round(prepared.progress * 100)} size="small" style={{ width: "60%" }} />
          </div>
        ) : segment.kind === "video" ? (
          <video
            key={url}
            ref={video}
            data-media={segment.media}
            data-testid="flight-video"
            src={url}
            muted
            playsInline
            preload="auto"
            onLoadedMetadata={(event) => align(event.currentTarget, clock, timeline)}
            onError={() => fail(segment.media)}
            onClick={() => togglePlay(clock, timeline)}
          />
        ) : (
          <Shown
            url={bare ?? ""}
            alt={segment.name}
            testid="flight-photo"
            absent={(told) => <Note download={undefined}>{told}</Note>}
          />
        )}
        {gap && why === null && <div className={css.gap}>{t("player.gap")}</div>}
        {why === null && (
          <Tooltip title={t("player.fullscreen")} placement="left">
            <Button
              className={css.full}
              size="small"
              icon={<FullscreenOutlined />}
              aria-label={t("player.fullscreen")}
              onClick={() => void enlarge(stage.current)}
            />
          </Tooltip>
        )}
      </div>
      <Caption model={model} clock={clock} />
    </div>
  );
}

function reason(segment: Segment | undefined, url: string | undefined, unplayable: ReadonlySet<number>, t: FlightTranslate): string | null {
  if (segment === undefined) return t("player.none");
  if (url === undefined) return t("player.archived");
  if (unplayable.has(segment.media)) return t(segment.kind === "video" ? "player.unplayable" : "player.broken_photo");
  return null;
}

function Note({ children, download }: { children: ReactNode; download: string | undefined }) {
  const t = useFlightT();
  return (
    <div className={css.absent} data-testid="player-note">
      <div>{children}</div>
      {download && (
        <Button size="small" icon={<DownloadOutlined />} href={download} download>
          {t("player.open")}
        </Button>
      )}
    </div>
  );
}

/** Some phones show no element in full screen but a video, by its own means. */
function enlarge(stage: HTMLElement | null) {
  if (document.fullscreenEnabled) return stage?.requestFullscreen().catch(() => undefined);
  const video = stage?.querySelector<HTMLVideoElement & { webkitEnterFullscreen?: () => void }>("video");
  return video?.webkitEnterFullscreen?.();
}

function Caption({ model, clock }: { model: FlightModel; clock: Clock }) {
  const t = useFlightT();
  const told = useMoment(clock, ({ at }) => caption(model, at, t));
  return <div className={css.caption}>{told}</div>;
}

function caption({ track, looks }: FlightModel, at: number, t: FlightTranslate): string {
  const point = aircraftAt(track, at)?.point;
  const look = lookAt(looks, at);
  const ground = look === null ? t("player.no_look") : t("figure.gsd_one", { gsd: gsd(look.gsd_cm) });
  if (point === undefined) return ground;
  const { height_m, pitch_deg, speed_mps } = point;
  const told = t("player.telemetry", {
    height: height_m === null ? "–" : `${height_m.toFixed(1)} m`,
    pitch: pitch_deg === null ? "–" : `${pitch_deg.toFixed(1)}°`,
    speed: `${speed_mps.toFixed(1)} m/s`,
  });
  return `${told} · ${ground}`;
}
