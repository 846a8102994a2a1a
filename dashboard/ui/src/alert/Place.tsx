/** Where it was, with how far off that may be; or, honestly, that nobody knows. */
import { useQuery } from "@tanstack/react-query";
import { Card, Typography } from "antd";
import type { Alert } from "../api.types";
import { degrees, metres, percent } from "../format";
import { onGround } from "../map/features";
import { PlaceMap } from "../map/PlaceMap";
import { mapQuery } from "../queries";
import { useT } from "../settings";
import css from "./alert.module.css";

export function Place({ alert }: { alert: Alert }) {
  const t = useT();
  const setup = useQuery(mapQuery);
  if (!onGround(alert)) return <NoPlace alert={alert} />;
  const { lon, lat, ellipse95 } = alert.place;
  const position = `${degrees(lon)}, ${degrees(lat)}`;
  return (
    <Card size="small" title={t("alert.place")} data-testid="place-ground">
      <dl className={css.facts}>
        <dt>{t("alert.coordinates")}</dt>
        <dd>
          <Typography.Text copyable={window.isSecureContext && { text: `${lon},${lat}` }}>{position}</Typography.Text>
        </dd>
        <dt>{t("alert.datum")}</dt>
        <dd>WGS-84</dd>
        <dt>{t("alert.ellipse")}</dt>
        <dd>
          {t("alert.ellipse_value", {
            major: metres(ellipse95.semi_major_m),
            minor: metres(ellipse95.semi_minor_m),
            bearing: Math.round(ellipse95.bearing_deg),
          })}
        </dd>
      </dl>
      <div className={css.placeMap}>{setup.data && <PlaceMap setup={setup.data} alert={alert} />}</div>
    </Card>
  );
}

function NoPlace({ alert: { place } }: { alert: Alert }) {
  const t = useT();
  if (place.space !== "image") return null;
  return (
    <Card size="small" title={t("alert.place")} data-testid="place-image">
      <div>{t("alert.image_place")}</div>
      <div className={css.minor}>
        {t("alert.image_place_hint", { x: percent(place.x), y: percent(place.y) })}
      </div>
    </Card>
  );
}
