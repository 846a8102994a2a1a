/** The two moments that the alert rests on, side by side: when the object came to rest, and when the limit passed. */
import { Card, Image, Segmented, Space } from "antd";
import { useState } from "react";
import { evidenceUrl } from "../api";
import type { AlertDetail, EvidenceName } from "../api.types";
import { formats } from "../format";
import { ViewSwitch } from "../privacy/ViewSwitch";
import { useView, viewed } from "../privacy/view";
import { useSettings, useT } from "../settings";
import css from "./alert.module.css";
import { find, whyNot } from "./evidence";
import { Picture } from "./Picture";

type Kind = "scene" | "annotated";
type Moment = "first" | "last" | "again";

/** Who was reminded and stayed was captured a second time. */
const momentsOf = (alert: AlertDetail): Moment[] =>
  alert.reminder?.state === "still_there" ? ["first", "last", "again"] : ["first", "last"];

export function Frames({ alert }: { alert: AlertDetail }) {
  const t = useT();
  const view = useView();
  const [kind, setKind] = useState<Kind>("annotated");
  const [enlarged, setEnlarged] = useState<number | null>(null);
  const moments = momentsOf(alert);
  const names = moments.flatMap((moment) => [file(moment, kind), file(moment, "crop")]);
  const shown = names.filter((name) => whyNot(find(alert, name), t) === null);
  const enlarge = (name: EvidenceName) => setEnlarged(shown.indexOf(name));

  return (
    <Card
      size="small"
      title={t("alert.frames")}
      extra={
        <Space wrap>
        <ViewSwitch />
        <Segmented<Kind>
          size="small"
          value={kind}
          onChange={setKind}
          options={[
            { value: "annotated", label: t("alert.annotated") },
            { value: "scene", label: t("alert.raw") },
          ]}
          data-testid="frame-kind"
        />
        </Space>
      }
    >
      <div className={css.frames}>
        {moments.map((moment) => (
          <Frame key={moment} alert={alert} moment={moment} kind={kind} onEnlarge={enlarge} />
        ))}
      </div>
      <Image.PreviewGroup
        items={shown.map((name) => viewed(evidenceUrl(alert.id, name), view))}
        preview={{
          open: enlarged !== null,
          current: enlarged ?? 0,
          onChange: setEnlarged,
          onOpenChange: (open) => !open && setEnlarged(null),
        }}
      />
    </Card>
  );
}

type FrameProps = { alert: AlertDetail; moment: Moment; kind: Kind; onEnlarge: (name: EvidenceName) => void };

function Frame({ alert, moment, kind, onEnlarge }: FrameProps) {
  const { t, language } = useSettings();
  const { time } = formats(t, language);
  const scene = find(alert, file(moment, kind));
  const at = scene?.taken_at ?? fallback(alert, moment);
  return (
    <figure className={css.frame}>
      <div className={css.scene}>
        <Picture alert={alert} name={file(moment, kind)} onEnlarge={onEnlarge} testid={`${moment}-scene`} />
        <div className={css.crop}>
          <Picture alert={alert} name={file(moment, "crop")} onEnlarge={onEnlarge} testid={`${moment}-crop`} />
        </div>
      </div>
      <figcaption>
        <b>{t(`alert.${moment}`)}</b> <span>{time(at, alert.time_basis)}</span>
      </figcaption>
    </figure>
  );
}

function fallback(alert: AlertDetail, moment: Moment): string {
  if (moment === "first") return alert.since;
  return (moment === "again" && alert.reminder?.settled_at) || alert.raised_at;
}

function file(moment: Moment, kind: Kind | "crop"): EvidenceName {
  return `${moment}_${kind}.jpg`;
}
