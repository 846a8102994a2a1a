/** The figures by which one flight is told from another. */
import { duration } from "../../format";
import { area, pathLength } from "../figures";
import type { FlightSummary } from "../types";
import type { FlightTranslate } from "../words";

/** `strong`: what somebody has to act on. */
export function figuresOf(summary: FlightSummary, t: FlightTranslate): [label: string, value: string, strong: boolean][] {
  const { video_s, photos, path_m, area_m2, findings, alerts } = summary;
  const media: [string, string, boolean][] = [];
  if (video_s > 0 || photos === 0) media.push([t("figure.minutes"), duration(Math.round(video_s), t), false]);
  if (photos > 0) media.push([t("figure.photos"), t("figure.photo_count", { n: photos }), false]);
  return [
    ...media,
    [t("figure.path"), path_m > 0 ? pathLength(path_m) : "–", false],
    [t("figure.area"), area_m2 > 0 ? area(area_m2) : "–", false],
    [t("figure.findings"), String(findings), false],
    [t("figure.alerts"), String(alerts), alerts > 0],
  ];
}
