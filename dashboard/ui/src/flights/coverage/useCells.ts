/** The layers of coverage, and what the pointer does on its cells. */
import type { LayerSpecification, Map as MapLibre, MapLayerMouseEvent } from "maplibre-gl";
import { useEffect, useState } from "react";
import { collection } from "../../map/features";
import { type Theme, useSettings } from "../../settings";
import { LAYER } from "../colours";
import type { Of } from "./CoveragePage";

const SOURCES = ["coverage-cells", "coverage-seen", "coverage-gaps"];

/** Must come before the data: an effect of a later hook finds the sources made here. */
export function useCoverageLayers(map: MapLibre | null, of: Of) {
  const { theme } = useSettings();
  useEffect(() => {
    if (map === null || map.getSource("coverage-seen") !== undefined) return;
    for (const name of SOURCES) map.addSource(name, { type: "geojson", data: collection([]) });
    for (const layer of layers(theme)) map.addLayer(layer, layer.source === "coverage-gaps" ? undefined : "fences");
    // A change of theme makes a new map: the old one is gone by then, and nothing is ever taken away.
  }, [map]);
  useEffect(() => {
    // Over coloured cells the ground that was seen is an outline: two fills would make a third colour.
    map?.setPaintProperty("coverage-seen", "fill-opacity", of === "grid" ? 0 : 0.22);
    map?.setPaintProperty("fences", "fill-opacity", of === "grid" ? 0.04 : 0.2);
  }, [map, of]);
}

type SourceLayer = LayerSpecification & { source: string };

/** What was seen lies under the fences, what is missing on top of them. */
function layers(theme: Theme): SourceLayer[] {
  const line = theme === "dark" ? "#aab6c2" : "#5b6672";
  return [
    { id: "coverage-cells", type: "fill", source: "coverage-cells", paint: { "fill-color": ["get", "colour"], "fill-opacity": ["case", ["get", "selected"], 0.6, 0.42] } },
    { id: "coverage-cells-edge", type: "line", source: "coverage-cells", paint: { "line-color": ["case", ["get", "selected"], LAYER.now, line], "line-width": ["case", ["get", "selected"], 3, 0.8] } },
    { id: "coverage-seen", type: "fill", source: "coverage-seen", paint: { "fill-color": LAYER.looks, "fill-opacity": 0 } },
    { id: "coverage-seen-edge", type: "line", source: "coverage-seen", paint: { "line-color": theme === "dark" ? "#59d1cb" : "#075e5b", "line-width": 1.2 } },
    { id: "coverage-gaps", type: "fill", source: "coverage-gaps", paint: { "fill-color": LAYER.gap, "fill-opacity": 0.3 } },
    { id: "coverage-gaps-edge", type: "line", source: "coverage-gaps", paint: { "line-color": LAYER.gap, "line-width": 1.5, "line-dasharray": [2, 1.5] } },
  ];
}

/** The cell under the pointer, and where on the map that is, pixels. */
export type Hovered = { id: string; x: number; y: number };

export function useCellPointer(map: MapLibre | null, onSelect: (id: string) => void): Hovered | null {
  const [hovered, setHovered] = useState<Hovered | null>(null);
  useEffect(() => {
    if (map === null) return;
    const idOf = ({ features }: MapLayerMouseEvent) => {
      const id: unknown = features?.[0]?.properties.id;
      return typeof id === "string" ? id : null;
    };
    const move = (event: MapLayerMouseEvent) => {
      const id = idOf(event);
      map.getCanvas().style.cursor = id === null ? "" : "pointer";
      setHovered(id === null ? null : { id, x: event.point.x, y: event.point.y });
    };
    const leave = () => {
      map.getCanvas().style.cursor = "";
      setHovered(null);
    };
    const click = (event: MapLayerMouseEvent) => {
      const id = idOf(event);
      if (id !== null) onSelect(id);
    };
    map.on("mousemove", "coverage-cells", move);
    map.on("mouseleave", "coverage-cells", leave);
    map.on("click", "coverage-cells", click);
    return () => {
      map.off("mousemove", "coverage-cells", move);
      map.off("mouseleave", "coverage-cells", leave);
      map.off("click", "coverage-cells", click);
    };
  }, [map, onSelect]);
  return hovered;
}
