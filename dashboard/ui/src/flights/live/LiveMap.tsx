/** Where aircraft are, nose where it points, each with its path of the last hour. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { type Map as MapLibre, Marker } from "maplibre-gl";
import { useEffect, useMemo, useRef } from "react";
import type { Datum, MapSetup } from "../../api.types";
import { type Position, toDisplay } from "../../map/datum";
import { boundsOf, collection, fenceFeatures } from "../../map/features";
import frame from "../../map/map.module.css";
import { MapFrame } from "../../map/MapFrame";
import { fit, useFitOnce, useMap, useMapData } from "../../map/useMap";
import { fencesQuery } from "../../queries";
import { useSettings } from "../../settings";
import { LAYER } from "../colours";
import { symbol } from "../map/AircraftMarker";
import { aircraftTrackQuery } from "../queries";
import type { AircraftNow } from "../types";
import { useFlightT } from "../words";
import css from "./live.module.css";
import { pathLines, withRoom } from "./paths";
import { stateOf, upFirst } from "./state";

/** Each path is asked for by itself; of more aircraft only the first and the chosen one show theirs. */
const MOST_PATHS = 12;
const HOUR_S = 3600;

type Props = { setup: MapSetup; aircraft: AircraftNow[] | undefined; selected: string | null; onSelect: (serial: string) => void };

export function LiveMap({ setup, aircraft, selected, onSelect }: Props) {
  const t = useFlightT();
  const { language } = useSettings();
  const datum = setup.tile_datum;
  const box = useRef<HTMLDivElement>(null);
  const { map, broken } = useMap(box, setup);
  const fences = useQuery(fencesQuery);
  const placed = useMemo(() => (aircraft ?? []).filter(({ lon }) => lon !== null), [aircraft]);
  const shown = useMemo(() => {
    const recent = placed.filter(({ age_s }) => age_s < HOUR_S).sort(upFirst);
    return recent.filter(({ serial }, index) => index < MOST_PATHS || serial === selected);
  }, [placed, selected]);
  const tracks = useQueries({ queries: shown.map(({ serial }) => aircraftTrackQuery(serial)) });

  const areas = useMemo(
    () => fenceFeatures(fences.data ?? { type: "FeatureCollection", features: [] }, language, datum),
    [fences.data, language, datum],
  );
  const paths = collection(
    shown.map((one, index) => ({
      type: "Feature",
      properties: { faint: selected !== null && one.serial !== selected },
      geometry: { type: "MultiLineString", coordinates: pathLines(tracks[index]?.data?.points ?? [], one, datum) },
    })),
  );
  usePathLayer(map);
  useMapData(map, "fences", areas);
  useMapData(map, "aircraft-paths", paths);
  useMarkers(map, placed, selected, datum, onSelect);

  const points = useMemo(() => placed.map((one) => at(one, datum)), [placed, datum]);
  const bounds = useMemo(() => withRoom(boundsOf(points.length > 0 ? [] : [areas], points)), [areas, points]);
  useFitOnce(map, aircraft !== undefined && !fences.isPending ? bounds : null, 120);
  useEffect(() => {
    const chosen = placed.find(({ serial }) => serial === selected);
    if (map === null || chosen === undefined) return;
    map.easeTo({ center: at(chosen, datum), zoom: Math.max(map.getZoom(), 16) });
    // Only a new selection moves the map.
  }, [map, selected]);

  return (
    <MapFrame box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds, 120))}>
      {placed.length > 0 && (
        <div className={frame.legend}>
          <ul>
            <li>
              <i className={css.line} style={{ borderColor: LAYER.track }} />
              {t("live.path")}
            </li>
          </ul>
        </div>
      )}
    </MapFrame>
  );
}

/** Of one that has a place. */
function at({ lon, lat }: AircraftNow, datum: Datum): Position {
  return toDisplay(datum, [lon ?? 0, lat ?? 0]);
}

function usePathLayer(map: MapLibre | null) {
  useEffect(() => {
    if (map === null || map.getSource("aircraft-paths") !== undefined) return;
    map.addSource("aircraft-paths", { type: "geojson", data: collection([]) });
    map.addLayer({
      id: "aircraft-paths",
      type: "line",
      source: "aircraft-paths",
      layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": LAYER.track, "line-width": 2.2, "line-opacity": ["case", ["get", "faint"], 0.3, 0.85] },
    });
  }, [map]);
}

/** Markers stay and move; they are made and removed as aircraft come and go. */
function useMarkers(map: MapLibre | null, aircraft: AircraftNow[], selected: string | null, datum: Datum, onSelect: (serial: string) => void) {
  const kept = useRef<Map<string, Marker>>(new Map());
  const select = useRef(onSelect);
  useEffect(() => {
    select.current = onSelect;
  });
  useEffect(() => {
    const markers = kept.current;
    return () => {
      for (const marker of markers.values()) marker.remove();
      markers.clear();
    };
  }, [map]);
  useEffect(() => {
    if (map === null) return;
    const markers = kept.current;
    const there = new Set(aircraft.map(({ serial }) => serial));
    for (const [serial, marker] of markers) {
      if (there.has(serial)) continue;
      marker.remove();
      markers.delete(serial);
    }
    for (const one of aircraft) {
      let marker = markers.get(one.serial);
      if (marker === undefined) {
        const element = symbol();
        element.classList.add(css.aircraft ?? "");
        element.addEventListener("click", () => select.current(one.serial));
        marker = new Marker({ element, rotationAlignment: "map", pitchAlignment: "map" }).setLngLat(at(one, datum)).addTo(map);
        markers.set(one.serial, marker);
      }
      marker.setLngLat(at(one, datum)).setRotation(one.heading_deg ?? 0);
      const element = marker.getElement();
      element.title = one.model === null ? one.serial : `${one.model} ${one.serial}`;
      element.dataset.testid = "aircraft-marker";
      element.dataset.heading = one.heading_deg === null ? "unknown" : "known";
      element.dataset.state = stateOf(one);
      element.dataset.selected = String(one.serial === selected);
    }
  }, [map, aircraft, selected, datum]);
}
