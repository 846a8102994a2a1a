/** A click on an alert selects it; a click on a cluster zooms until it comes apart. */
import type { GeoJSONSource, Map as MapLibre, MapLayerMouseEvent } from "maplibre-gl";
import { useEffect } from "react";

export function useAlertClicks(map: MapLibre | null, onSelect: (id: string) => void) {
  useEffect(() => {
    if (map === null) return;
    const select = (event: MapLayerMouseEvent) => {
      const id: unknown = event.features?.[0]?.properties.id;
      if (typeof id === "string") onSelect(id);
    };
    const open = async (event: MapLayerMouseEvent) => {
      const cluster = event.features?.[0];
      if (cluster?.geometry.type !== "Point") return;
      const [lon = 0, lat = 0] = cluster.geometry.coordinates;
      const source = map.getSource<GeoJSONSource>("alerts");
      const zoom = await source?.getClusterExpansionZoom(Number(cluster.properties.cluster_id));
      map.easeTo({ center: [lon, lat], zoom: (zoom ?? map.getZoom()) + 0.3 });
    };
    const cursor = (shape: string) => () => {
      map.getCanvas().style.cursor = shape;
    };
    const [point, arrow] = [cursor("pointer"), cursor("")];
    map.on("click", "alerts", select);
    map.on("click", "clusters", open);
    map.on("mouseenter", ["alerts", "clusters"], point);
    map.on("mouseleave", ["alerts", "clusters"], arrow);
    return () => {
      map.off("click", "alerts", select);
      map.off("click", "clusters", open);
      map.off("mouseenter", ["alerts", "clusters"], point);
      map.off("mouseleave", ["alerts", "clusters"], arrow);
    };
  }, [map, onSelect]);
}
