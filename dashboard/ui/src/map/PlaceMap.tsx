/** The small map of one alert: its fence, its outline, its point and how far off the point may be. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import type { MapSetup } from "../api.types";
import { fencesQuery, sourcesQuery } from "../queries";
import { useSettings } from "../settings";
import { toDisplay } from "./datum";
import { alertEllipses, alertPoints, boundsOf, fenceFeatures, footprintFeatures, type GroundAlert } from "./features";
import { offset } from "./ellipse";
import { MapFrame } from "./MapFrame";
import { fit, useFitOnce, useMap, useMapData } from "./useMap";

/** Around the point, at least: near enough to see the ellipse, far enough to see the fence's edge. */
const AROUND_M = 9;

export function PlaceMap({ setup, alert }: { setup: MapSetup; alert: GroundAlert }) {
  const { language } = useSettings();
  const datum = setup.tile_datum;
  const box = useRef<HTMLDivElement>(null);
  const { map, broken } = useMap(box, setup);
  const { data: sources } = useQuery(sourcesQuery);
  const { data: fences } = useQuery(fencesQuery);

  const areas = useMemo(
    () => fenceFeatures(fences ?? { type: "FeatureCollection", features: [] }, language, datum),
    [fences, language, datum],
  );
  const footprints = useMemo(
    () => footprintFeatures(sources?.filter(({ id }) => id === alert.source) ?? [], datum),
    [sources, alert.source, datum],
  );
  const ellipses = useMemo(() => alertEllipses([alert], null, datum), [alert, datum]);
  const points = useMemo(() => alertPoints([alert], datum), [alert, datum]);
  useMapData(map, "fences", areas);
  useMapData(map, "footprints", footprints);
  useMapData(map, "ellipses", ellipses);
  useMapData(map, "point", points);

  const { lon, lat, ellipse95 } = alert.place;
  const bounds = useMemo(() => {
    const reach = Math.max(AROUND_M, ellipse95.semi_major_m * 2);
    const corners = [offset([lon, lat], -reach, -reach), offset([lon, lat], reach, reach)];
    return boundsOf([ellipses], corners.map((at) => toDisplay(datum, at)));
  }, [lon, lat, ellipse95.semi_major_m, ellipses, datum]);
  useFitOnce(map, bounds, 8);

  return (
    <MapFrame plain box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds, 8))} />
  );
}
