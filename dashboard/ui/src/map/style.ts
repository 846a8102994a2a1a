/**
 * The MapLibre style: tiles if there are any, then our own layers.
 *
 * The style names no `glyphs` address, so MapLibre draws every letter from the fonts of this
 * machine and the map needs nothing from the network.
 */
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import type { MapSetup } from "../api.types";
import type { Theme } from "../settings";
import { ALERT_COLOUR, GROUND } from "./colours";

const DATA_SOURCES = ["graticule", "grid", "footprints", "fences", "ellipses", "alerts", "selected", "point"] as const;

const FONT = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

export function mapStyle(setup: MapSetup, theme: Theme): StyleSpecification {
  const style: StyleSpecification = { version: 8, sources: {}, layers: layers(setup, theme) };
  if (setup.tile_url !== null) {
    const { tile_url, attribution } = setup;
    style.sources.tiles = { type: "raster", tiles: [absolute(tile_url)], tileSize: 256, attribution };
  }
  for (const name of DATA_SOURCES) style.sources[name] = { type: "geojson", data: EMPTY };
  style.sources.alerts = {
    type: "geojson",
    data: EMPTY,
    cluster: true,
    clusterRadius: 26,
    clusterMaxZoom: 20,
    maxzoom: 22,
    clusterProperties: { open: ["+", ["case", ["==", ["get", "colour"], ALERT_COLOUR.open], 1, 0]] },
  };
  return style;
}

/** MapLibre fetches from a worker, where an address without a host means nothing. */
function absolute(tile_url: string): string {
  return tile_url.startsWith("/") ? `${window.location.origin}${tile_url}` : tile_url;
}

function layers(setup: MapSetup, theme: Theme): LayerSpecification[] {
  const ground = GROUND[theme];
  const tiles: LayerSpecification[] =
    setup.tile_url === null ? graticuleLayers(theme) : [{ id: "tiles", type: "raster", source: "tiles" }];
  return [
    { id: "ground", type: "background", paint: { "background-color": ground.back } },
    ...tiles,
    ...areaLayers(theme),
    ...alertLayers(theme),
  ];
}

function graticuleLayers(theme: Theme): LayerSpecification[] {
  const { grid, text, halo } = GROUND[theme];
  const label = (axis: "lon" | "lat"): LayerSpecification => ({
    id: `graticule-${axis}`,
    type: "symbol",
    source: "graticule",
    filter: ["==", ["get", "axis"], axis],
    layout: {
      "text-field": ["get", "label"],
      "text-font": FONT,
      "text-size": 10.5,
      "text-anchor": axis === "lon" ? "bottom" : "left",
      "text-offset": axis === "lon" ? [0, -0.3] : [0.4, 0],

      "text-allow-overlap": true,
    },
    paint: { "text-color": text, "text-halo-color": halo, "text-halo-width": 1.5, "text-opacity": 0.8 },
  });
  return [
    { id: "graticule", type: "line", source: "graticule", paint: { "line-color": grid, "line-width": 1 } },
    label("lon"),
    label("lat"),
  ];
}

function areaLayers(theme: Theme): LayerSpecification[] {
  const { halo, text } = GROUND[theme];
  const active: ExpressionSpecification = ["boolean", ["get", "active"], true];
  return [
    { id: "grid-edge", type: "line", source: "grid", paint: { "line-color": ["get", "colour"], "line-width": 1, "line-opacity": 0.75 } },
    { id: "grid-name", type: "symbol", source: "grid", minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 11, "text-max-width": 12 }, paint: { "text-color": text, "text-halo-color": halo, "text-halo-width": 1.4, "text-opacity": 0.8 } },
    { id: "footprints", type: "fill", source: "footprints", paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.07 } },
    { id: "footprints-edge", type: "line", source: "footprints", paint: { "line-color": ["get", "colour"], "line-width": 1.2, "line-opacity": 0.7, "line-dasharray": [3, 2] } },
    { id: "fences", type: "fill", source: "fences", paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", active, 0.2, 0.05] } },
    { id: "fences-edge", type: "line", source: "fences", filter: ["==", active, true], paint: { "line-color": ["get", "colour"], "line-width": 1.8 } },
    { id: "fences-edge-inactive", type: "line", source: "fences", filter: ["==", active, false], paint: { "line-color": ["get", "colour"], "line-width": 1.2, "line-opacity": 0.7, "line-dasharray": [2, 2] } },
    {
      id: "fences-name",
      type: "symbol",
      source: "fences",
      minzoom: 14,
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-max-width": 12 },
      // The fences' colours are too dark to read as letters on a dark ground.
      paint: { "text-color": theme === "dark" ? text : ["get", "colour"], "text-halo-color": halo, "text-halo-width": 1.6 },
    },
  ];
}

function alertLayers(theme: Theme): LayerSpecification[] {
  const ring = theme === "dark" ? "#15191e" : "#ffffff";
  const selected: ExpressionSpecification = ["boolean", ["get", "selected"], false];
  return [
    { id: "ellipses", type: "fill", source: "ellipses", minzoom: 16, paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", selected, 0.28, 0.14] } },
    { id: "ellipses-edge", type: "line", source: "ellipses", minzoom: 16, paint: { "line-color": ["get", "colour"], "line-width": ["case", selected, 2, 1] } },
    { id: "clusters", type: "circle", source: "alerts", filter: ["has", "point_count"], paint: { "circle-color": ["case", [">", ["get", "open"], 0], ALERT_COLOUR.open, ALERT_COLOUR.dismissed], "circle-radius": 12, "circle-stroke-color": ring, "circle-stroke-width": 2 } },
    { id: "clusters-count", type: "symbol", source: "alerts", filter: ["has", "point_count"], layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": FONT, "text-size": 12, "text-allow-overlap": true }, paint: { "text-color": "#ffffff" } },
    { id: "alerts", type: "circle", source: "alerts", filter: ["!", ["has", "point_count"]], paint: { "circle-color": ["get", "colour"], "circle-radius": 6.5, "circle-stroke-color": ring, "circle-stroke-width": 2 } },
    { id: "point", type: "circle", source: "point", paint: { "circle-color": ["get", "colour"], "circle-radius": 3.5, "circle-stroke-color": ring, "circle-stroke-width": 1.5 } },
    // Outside the clustered source, so that what is selected is never swallowed by a cluster.
    { id: "selected-glow", type: "circle", source: "selected", paint: { "circle-color": ["get", "colour"], "circle-opacity": 0.25, "circle-radius": 18, "circle-stroke-color": ["get", "colour"], "circle-stroke-width": 1.5 } },
    { id: "selected", type: "circle", source: "selected", paint: { "circle-color": ["get", "colour"], "circle-radius": 7, "circle-stroke-color": ring, "circle-stroke-width": 2.5 } },
  ];
}
