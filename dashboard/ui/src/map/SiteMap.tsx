/** The map of the overview: sources, fences and the alerts that the list shows. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { Alert, MapSetup } from "../api.types";
import { Failure } from "../failure";
import { fencesQuery, sourcesQuery } from "../queries";
import { useSettings } from "../settings";
import { toDisplay } from "./datum";
import { alertEllipses, alertPoints, boundsOf, fenceFeatures, footprintFeatures, gridFeatures, onGround, shiftBounds } from "./features";
import { Legend } from "./Legend";
import css from "./map.module.css";
import { MapFrame } from "./MapFrame";
import { SourceMarkers } from "./SourceMarkers";
import { useAlertClicks } from "./useAlertClicks";
import { fit, useFitOnce, useMap, useMapData } from "./useMap";

type Props = {
  setup: MapSetup;
  alerts: Alert[];
  selected: string | null;
  /** Highlighted while the pointer rests on its row; never moves the map. */
  hovered: string | null;
  onSelect: (id: string) => void;
  onSource: (id: string) => void;
};

export function SiteMap({ setup, alerts, selected, hovered, onSelect, onSource }: Props) {
  const { language, t } = useSettings();
  const datum = setup.tile_datum;
  const lit = hovered ?? selected;
  const box = useRef<HTMLDivElement>(null);
  const { map, broken } = useMap(box, setup);
  const sourcesState = useQuery(sourcesQuery);
  const fencesState = useQuery(fencesQuery);
  const { data: sources } = sourcesState;
  const { data: fences } = fencesState;

  const footprints = useMemo(() => footprintFeatures(sources ?? [], datum), [sources, datum]);
  const areas = useMemo(
    () => fenceFeatures(fences ?? { type: "FeatureCollection", features: [] }, language, datum),
    [fences, language, datum],
  );
  const grid = useMemo(
    () => gridFeatures(fences ?? { type: "FeatureCollection", features: [] }, language, datum),
    [fences, language, datum],
  );
  const ellipses = useMemo(() => alertEllipses(alerts, lit, datum), [alerts, lit, datum]);
  const points = useMemo(() => alertPoints(alerts, datum), [alerts, datum]);
  const highlight = useMemo(() => alertPoints(alerts.filter(({ id }) => id === lit), datum), [alerts, lit, datum]);
  useMapData(map, "footprints", footprints);
  useMapData(map, "grid", grid);
  useMapData(map, "fences", areas);
  useMapData(map, "ellipses", ellipses);
  useMapData(map, "alerts", points);
  useMapData(map, "selected", highlight);

  const bounds = useMemo(() => {
    if (setup.bounds) return shiftBounds(setup.bounds, datum);
    const positions = (sources ?? []).flatMap(({ position: p }) => (p ? [toDisplay(datum, [p.lon, p.lat])] : []));
    return boundsOf([footprints, areas, points], positions);
  }, [setup, sources, footprints, areas, points, datum]);
  const failed = [sourcesState, fencesState].find((query) => query.isError && query.data === undefined);
  const ready = !sourcesState.isPending && !fencesState.isPending;
  useFitOnce(map, ready ? bounds : null);
  useAlertClicks(map, onSelect);

  useEffect(() => {
    const alert = alerts.find(({ id }) => id === selected);
    if (map === null || alert === undefined || !onGround(alert)) return;
    const at = toDisplay(datum, [alert.place.lon, alert.place.lat]);
    if (!map.getBounds().contains(at)) map.easeTo({ center: at });
    // Only a new selection moves the map; a new alert under the reader's eyes must not.
  }, [map, selected]);

  return (
    <MapFrame box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds))}>
      <SourceMarkers map={map} sources={sources ?? []} datum={datum} onSource={onSource} />
      <Legend fences={fences} />
      {failed && (
        <div className={css.failure}>
          <Failure error={failed.error} onRetry={() => void failed.refetch()} />
        </div>
      )}
      {fences?.refused && (
        <div className={css.refused} role="alert" title={fences.refused} data-testid="fences-refused">
          {t("map.fences_refused")}
        </div>
      )}
      {ready && !failed && bounds === null && <div className={css.nothing}>{t("map.nothing")}</div>}
    </MapFrame>
  );
}
