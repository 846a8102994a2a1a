/** Owns one MapLibre map: makes it, restyles it, feeds its data sources, removes it. */
import { type GeoJSONSource, Map as MapLibre, type PaddingOptions, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { type RefObject, useEffect, useRef, useState } from "react";
import type { MapSetup } from "../api.types";
import { useSettings } from "../settings";
import { type Bounds, graticule } from "./graticule";
import { mapStyle } from "./style";

setWorkerUrl(workerUrl);

/** Where a map looks that has nothing to show. */
const CHINA: [number, number] = [108, 34];

/** Pixels to keep free, all around or side by side. */
export type Padding = number | PaddingOptions;
export type MapHandle = { map: MapLibre | null; broken: boolean };

export function useMap(box: RefObject<HTMLDivElement | null>, setup: MapSetup): MapHandle {
  const { theme } = useSettings();
  const [map, setMap] = useState<MapLibre | null>(null);
  const [broken, setBroken] = useState(false);

  useEffect(() => {
    if (box.current === null) return;
    let made: MapLibre;
    try {
      made = new MapLibre({
        container: box.current,
        style: mapStyle(setup, theme),
        center: CHINA,
        zoom: 3.5,
        maxZoom: 22,
        dragRotate: false,
        pitchWithRotate: false,
        attributionControl: setup.tile_url === null ? false : { compact: true },
      });
    } catch {
      // MapLibre throws when the browser refuses a WebGL context.
      setBroken(true);
      return;
    }
    made.touchZoomRotate.disableRotation();
    made.addControl(new ScaleControl({ maxWidth: 110 }), "bottom-left");
    const drawGrid = () => {
      const { _sw: sw, _ne: ne } = made.getBounds();
      const view: Bounds = [sw.lng, sw.lat, ne.lng, ne.lat];
      void made.getSource<GeoJSONSource>("graticule")?.setData(graticule(view, made.getContainer().clientWidth, setup.tile_datum));
    };
    made.on("moveend", drawGrid);
    made.on("load", drawGrid);
    made.on("load", () => setMap(made));
    return () => {
      setMap(null);
      made.remove();
    };
    // A theme change makes a new map: its style differs in every layer, and it is made in no time.
  }, [box, setup, theme]);

  return { map, broken };
}

export function useMapData(map: MapLibre | null, name: string, data: GeoJSON.FeatureCollection) {
  useEffect(() => {
    void map?.getSource<GeoJSONSource>(name)?.setData(data);
  }, [map, name, data]);
}

/** Fits `bounds` once, when both the map and something to show are there. */
export function useFitOnce(map: MapLibre | null, bounds: Bounds | null, padding: Padding = 48) {
  const fitted = useRef<MapLibre | null>(null);
  useEffect(() => {
    if (map === null || bounds === null || fitted.current === map) return;
    fitted.current = map;
    fit(map, bounds, padding, false);
  }, [map, bounds, padding]);
}

export function fit(map: MapLibre, bounds: Bounds, padding: Padding = 48, animate = true) {
  map.fitBounds(bounds, { padding, maxZoom: 21.5, animate });
}
