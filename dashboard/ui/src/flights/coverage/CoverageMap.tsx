/** The map of coverage: ground that was looked at, and what is missing of each fence. */
import { useQuery } from "@tanstack/react-query";
import type { LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { useEffect, useMemo, useRef } from "react";
import type { Datum, MapSetup } from "../../api.types";
import { boundsOf, collection, fenceFeatures, shiftArea } from "../../map/features";
import frame from "../../map/map.module.css";
import { MapFrame } from "../../map/MapFrame";
import { fit, useFitOnce, useMap, useMapData } from "../../map/useMap";
import { fencesQuery } from "../../queries";
import { useSettings } from "../../settings";
import { LAYER } from "../colours";
import type { Coverage } from "../types";
import { useFlightT } from "../words";

type Props = { setup: MapSetup; coverage: Coverage | undefined; selected: string | null };

export function CoverageMap({ setup, coverage, selected }: Props) {
  const t = useFlightT();
  const { language } = useSettings();
  const datum = setup.tile_datum;
  const box = useRef<HTMLDivElement>(null);
  const { map, broken } = useMap(box, setup);
  const fences = useQuery(fencesQuery);

  const areas = useMemo(
    () => fenceFeatures(fences.data ?? { type: "FeatureCollection", features: [] }, language, datum),
    [fences.data, language, datum],
  );
  const seen = useMemo(() => shown(coverage?.area, datum), [coverage, datum]);
  const gaps = useMemo(() => shown(coverage?.gaps, datum), [coverage, datum]);
  useCoverageLayers(map);
  useMapData(map, "fences", areas);
  useMapData(map, "coverage-seen", seen);
  useMapData(map, "coverage-gaps", gaps);

  const bounds = useMemo(() => boundsOf([areas, seen], []), [areas, seen]);
  const ready = coverage !== undefined && !fences.isPending;
  useFitOnce(map, ready ? bounds : null);
  useEffect(() => {
    const fence = fences.data?.features.find(({ id }) => id === selected);
    if (map === null || fence?.geometry == null) return;
    const around = boundsOf([collection([{ type: "Feature", properties: {}, geometry: shiftArea(fence.geometry, datum) }])], []);
    if (around !== null) fit(map, around, 90);
    // Only a new selection moves the map.
  }, [map, selected]);

  const legend: [colour: string, text: string][] = [
    [LAYER.looks, t("coverage.seen")],
    [LAYER.gap, t("coverage.gap")],
  ];
  return (
    <MapFrame box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds))}>
      <div className={frame.legend}>
        <ul>
          {legend.map(([colour, text]) => (
            <li key={text}>
              <i className={frame.area} style={{ borderColor: colour, background: `${colour}44` }} />
              {text}
            </li>
          ))}
        </ul>
      </div>
      {ready && bounds === null && <div className={frame.nothing}>{t("map.nothing")}</div>}
    </MapFrame>
  );
}

function useCoverageLayers(map: MapLibre | null) {
  useEffect(() => {
    if (map === null || map.getSource("coverage-seen") !== undefined) return;
    const empty = collection([]);
    for (const name of ["coverage-seen", "coverage-gaps"]) map.addSource(name, { type: "geojson", data: empty });
    for (const layer of LAYERS) map.addLayer(layer, layer.source === "coverage-seen" ? "fences" : undefined);
  }, [map]);
}

type SourceLayer = LayerSpecification & { source: string };
/** What was seen lies under the fences, what is missing on top of them. */
const LAYERS: SourceLayer[] = [
  { id: "coverage-seen", type: "fill", source: "coverage-seen", paint: { "fill-color": LAYER.looks, "fill-opacity": 0.22 } },
  { id: "coverage-seen-edge", type: "line", source: "coverage-seen", paint: { "line-color": LAYER.looks, "line-width": 1.2 } },
  { id: "coverage-gaps", type: "fill", source: "coverage-gaps", paint: { "fill-color": LAYER.gap, "fill-opacity": 0.34 } },
  { id: "coverage-gaps-edge", type: "line", source: "coverage-gaps", paint: { "line-color": LAYER.gap, "line-width": 1.5, "line-dasharray": [2, 1.5] } },
];

function shown(area: GeoJSON.MultiPolygon | undefined, datum: Datum): GeoJSON.FeatureCollection {
  if (area === undefined || area.coordinates.length === 0) return collection([]);
  return collection([{ type: "Feature", properties: {}, geometry: shiftArea(area, datum) }]);
}
