/** The map of one flight. It shows the moment of the clock, and a click on it finds moments. */
import { useQuery } from "@tanstack/react-query";
import type { Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import { useEffect, useMemo, useRef, useState } from "react";
import type { MapSetup } from "../../api.types";
import { fromDisplay, type Position, toDisplay } from "../../map/datum";
import { boundsOf, fenceFeatures } from "../../map/features";
import frame from "../../map/map.module.css";
import { MapFrame } from "../../map/MapFrame";
import { fit, type Padding, useFitOnce, useMap, useMapData } from "../../map/useMap";
import { fencesQuery } from "../../queries";
import { useSettings } from "../../settings";
import type { ColourBy } from "../colours";
import { baseName } from "../figures";
import type { FlightModel } from "../model";
import { type Clock, useMoment } from "../timeline/clock";
import { lookAt, type Pass } from "../timeline/looks";
import { useFlightT } from "../words";
import { AircraftMarker } from "./AircraftMarker";
import { findingEllipses, findingPoints, lookAreas, placePoint, routeLine, trackLine } from "./features";
import { FlightLegend } from "./FlightLegend";
import css from "./flightmap.module.css";
import { useFlightLayers } from "./layers";
import { PlacePasses } from "./PlacePasses";

/** The open legend covers no data, the hint and the scale little. */
const BESIDE_LEGEND: Padding = { top: 44, bottom: 32, left: 32, right: 200 };

export type Clicked = { place: Position; passes: Pass[] };
type Props = {
  setup: MapSetup;
  model: FlightModel;
  clock: Clock;
  by: ColourBy;
  onColour: (by: ColourBy) => void;
  selected: number | null;
  onFinding: (track: number) => void;
  clicked: Clicked | null;
  onPlace: (place: Position | null) => void;
};

export function FlightMap({ setup, model, clock, by, onColour, selected, onFinding, clicked, onPlace }: Props) {
  const t = useFlightT();
  const { language } = useSettings();
  const datum = setup.tile_datum;
  const box = useRef<HTMLDivElement>(null);
  const [room] = useState<Padding>(() => (window.innerWidth > 768 ? BESIDE_LEGEND : 24));
  const { map, broken } = useMap(box, setup);
  const { data: fences } = useQuery(fencesQuery);
  const { report, looks, track } = model;
  const now = useMoment(clock, ({ at }) => lookAt(looks, at));

  const areas = useMemo(() => lookAreas(looks, datum), [looks, datum]);
  const line = useMemo(() => trackLine(track, datum), [track, datum]);
  const route = useMemo(() => routeLine(report.route, datum), [report, datum]);
  const points = useMemo(() => findingPoints(report.findings, by, selected, datum), [report, by, selected, datum]);
  const kinds = useMemo(() => fenceFeatures(fences ?? { type: "FeatureCollection", features: [] }, language, datum), [fences, language, datum]);
  useFlightLayers(map);
  useMapData(map, "fences", kinds);
  useMapData(map, "flight-looks", areas);
  useMapData(map, "flight-track", line);
  useMapData(map, "flight-route", route);
  useMapData(map, "flight-findings", points);
  useMapData(map, "flight-ellipses", useMemo(() => findingEllipses(report.findings, by, selected, datum), [report, by, selected, datum]));
  useMapData(map, "flight-now", useMemo(() => lookAreas([now], datum), [now, datum]));
  useMapData(map, "flight-passes", useMemo(() => lookAreas(clicked?.passes.flatMap((pass) => pass.looks) ?? [], datum), [clicked, datum]));
  useMapData(map, "flight-place", useMemo(() => placePoint(clicked?.place ?? null, datum), [clicked, datum]));

  const bounds = useMemo(() => boundsOf([areas, line, route, points], []), [areas, line, route, points]);
  // A flight may go on far away: the map opens on its first file, and the button shows all of it.
  const first = useMemo(() => {
    const opening = looks.filter(({ media }) => media === looks[0]?.media);
    return boundsOf([lookAreas(opening, datum)], []);
  }, [looks, datum]);
  useFitOnce(map, first ?? bounds, room);
  useClicks(map, onFinding, (at) => onPlace(fromDisplay(datum, at)));
  useEffect(() => {
    const finding = report.findings.find(({ track: id }) => id === selected);
    if (map === null || finding === undefined) return;
    map.easeTo({ center: toDisplay(datum, [finding.lon, finding.lat]), zoom: Math.max(map.getZoom(), 19.3) });
    // Only a new selection moves the map.
  }, [map, selected]);

  return (
    <MapFrame box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds, room))}>
      <AircraftMarker map={map} track={track} clock={clock} datum={datum} />
      {looks.length > 0 && clicked === null && <div className={css.hint}>{t("layer.hint")}</div>}
      {clicked !== null && (
        <PlacePasses
          passes={clicked.passes}
          words={model.words}
          clock={clock}
          nameOf={(media) => baseName(report.media[media]?.name ?? "")}
          onClose={() => onPlace(null)}
        />
      )}
      <FlightLegend findings={report.findings} route={report.route.length > 0} by={by} onColour={onColour} />
      {bounds === null && <div className={frame.nothing}>{t("layer.nothing")}</div>}
    </MapFrame>
  );
}

/** A click on a finding selects it; a click anywhere else asks about that place. */
function useClicks(map: MapLibre | null, onFinding: (track: number) => void, onPlace: (at: Position) => void) {
  const latest = useRef({ onFinding, onPlace });
  useEffect(() => {
    latest.current = { onFinding, onPlace };
  });
  useEffect(() => {
    if (map === null) return;
    const click = ({ point, lngLat }: MapMouseEvent) => {
      const reach = 5;
      const near: [[number, number], [number, number]] = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
      const track: unknown = map.queryRenderedFeatures(near, { layers: ["flight-findings"] })[0]?.properties.track;
      if (typeof track === "number") latest.current.onFinding(track);
      else latest.current.onPlace([lngLat.lng, lngLat.lat]);
    };
    map.getCanvas().style.cursor = "crosshair";
    map.on("click", click);
    return () => void map.off("click", click);
  }, [map]);
}
