/** Cameras and drones on the map: HTML markers, so that they can be reached by keyboard. */
import { VideoCameraFilled } from "@ant-design/icons";
import { type Map as MapLibre, Marker } from "maplibre-gl";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import type { Datum, Source } from "../api.types";
import { useT } from "../settings";
import { SOURCE_COLOUR } from "./colours";
import { toDisplay } from "./datum";
import css from "./map.module.css";

type Props = { map: MapLibre | null; sources: Source[]; datum: Datum; onSource: (id: string) => void };

export function SourceMarkers({ map, sources, datum, onSource }: Props) {
  if (map === null) return null;
  return sources.map((source) => (
    <SourceMarker key={source.id} map={map} source={source} datum={datum} onSource={onSource} />
  ));
}

function SourceMarker({ map, source, datum, onSource }: Omit<Props, "sources" | "map"> & { map: MapLibre; source: Source }) {
  const t = useT();
  const [element] = useState(() => document.createElement("div"));
  const { lon, lat } = source.position ?? { lon: null, lat: null };

  useEffect(() => {
    if (lon === null) return;
    const marker = new Marker({ element }).setLngLat(toDisplay(datum, [lon, lat])).addTo(map);
    return () => void marker.remove();
  }, [map, element, lon, lat, datum]);

  const state = t.word("source_state", source.state);
  const reason = source.detail ? t("evidence.why", { state, detail: source.detail }) : state;
  return createPortal(
    <button
      type="button"
      className={css.source}
      title={`${source.name} · ${reason}`}
      onClick={() => onSource(source.id)}
    >
      <span className={css.sourceDot} style={{ background: SOURCE_COLOUR[source.state] }}>
        <VideoCameraFilled />
      </span>
      <span className={css.sourceName}>{source.name}</span>
    </button>,
    element,
  );
}
