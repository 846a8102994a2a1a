/** The sources and layers of a flight, put on top of those that every map has. */
import type { ExpressionSpecification, LayerSpecification, Map as MapLibre } from "maplibre-gl";
import { useEffect } from "react";
import { type Theme, useSettings } from "../../settings";
import { LAYER } from "../colours";

const SOURCES = ["flight-looks", "flight-passes", "flight-route", "flight-track", "flight-now", "flight-ellipses", "flight-findings", "flight-place"];
const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Must come before the data: an effect of a later hook finds the sources made here. */
export function useFlightLayers(map: MapLibre | null) {
  const { theme } = useSettings();
  useEffect(() => {
    // A change of theme makes a new map, so nothing is ever taken away.
    if (map === null || map.getSource("flight-looks") !== undefined) return;
    for (const name of SOURCES) map.addSource(name, { type: "geojson", data: EMPTY });
    for (const layer of layers(theme)) map.addLayer(layer);
  }, [map, theme]);
}

/** From a district to a street: hundreds of findings must not hide the path. */
function byZoom(far: ExpressionSpecification, near: ExpressionSpecification): ExpressionSpecification {
  return ["interpolate", ["linear"], ["zoom"], 14, far, 17, near];
}

function layers(theme: Theme): LayerSpecification[] {
  const ring = theme === "dark" ? "#15191e" : "#ffffff";
  const selected: ExpressionSpecification = ["boolean", ["get", "selected"], false];
  return [
    // So light that where many overlap still shows through, and where it looked long still shows darker.
    { id: "flight-looks", type: "fill", source: "flight-looks", paint: { "fill-color": LAYER.looks, "fill-opacity": 0.022 } },
    { id: "flight-looks-edge", type: "line", source: "flight-looks", paint: { "line-color": LAYER.looks, "line-width": 0.5, "line-opacity": 0.14 } },
    { id: "flight-passes", type: "line", source: "flight-passes", paint: { "line-color": LAYER.now, "line-width": 1, "line-opacity": 0.55 } },
    { id: "flight-route", type: "line", source: "flight-route", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": LAYER.route, "line-width": 1.6, "line-dasharray": [3, 2] } },
    { id: "flight-waypoints", type: "circle", source: "flight-route", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": ring, "circle-radius": 3, "circle-stroke-color": LAYER.route, "circle-stroke-width": 1.5 } },
    { id: "flight-track", type: "line", source: "flight-track", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": LAYER.track, "line-width": 2.2, "line-opacity": 0.9 } },
    { id: "flight-now", type: "fill", source: "flight-now", paint: { "fill-color": LAYER.now, "fill-opacity": 0.16 } },
    { id: "flight-now-edge", type: "line", source: "flight-now", paint: { "line-color": LAYER.now, "line-width": 2 } },
    { id: "flight-ellipses", type: "fill", source: "flight-ellipses", minzoom: 15, paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", selected, 0.3, 0.16] } },
    { id: "flight-ellipses-edge", type: "line", source: "flight-ellipses", minzoom: 15, paint: { "line-color": ["get", "colour"], "line-width": ["case", selected, 2, 1] } },
    { id: "flight-findings", type: "circle", source: "flight-findings", paint: { "circle-color": ["get", "colour"], "circle-radius": byZoom(["case", selected, 7, 2.2], ["case", selected, 7, 4.5]), "circle-stroke-color": ring, "circle-stroke-width": byZoom(["case", selected, 2.5, 0.5], ["case", selected, 2.5, 1.5]) } },
    { id: "flight-place", type: "circle", source: "flight-place", paint: { "circle-color": "rgba(0,0,0,0)", "circle-radius": 8, "circle-stroke-color": LAYER.now, "circle-stroke-width": 3 } },
  ];
}
