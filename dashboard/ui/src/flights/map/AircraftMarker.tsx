/** The aircraft at the moment that is shown, nose where it points. Moves without rendering. */
import { type Map as MapLibre, Marker } from "maplibre-gl";
import { useEffect } from "react";
import type { Datum } from "../../api.types";
import { toDisplay } from "../../map/datum";
import { LAYER } from "../colours";
import type { Clock } from "../timeline/clock";
import { aircraftAt, type Point } from "../timeline/track";
import css from "./flightmap.module.css";

type Props = { map: MapLibre | null; track: Point[]; clock: Clock; datum: Datum };

export function AircraftMarker({ map, track, clock, datum }: Props) {
  useEffect(() => {
    if (map === null) return;
    const marker = new Marker({ element: symbol(), rotationAlignment: "map", pitchAlignment: "map" });
    let shown = false;
    const move = () => {
      const aircraft = aircraftAt(track, clock.now().at);
      if (aircraft === null) {
        marker.remove();
        shown = false;
        return;
      }
      const { at, heading_deg } = aircraft;
      marker.setLngLat(toDisplay(datum, at)).setRotation(heading_deg ?? 0);
      marker.getElement().dataset.heading = heading_deg === null ? "unknown" : "known";
      if (!shown) marker.addTo(map);
      shown = true;
    };
    move();
    const stop = clock.subscribe(move);
    return () => {
      stop();
      marker.remove();
    };
  }, [map, track, clock, datum]);
  return null;
}

/** An arrow head where the heading is known, and a disc under it where it is not. */
export function symbol(): HTMLElement {
  const element = document.createElement("div");
  element.className = css.aircraft ?? "";
  element.innerHTML = `<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
    <circle cx="16" cy="16" r="7" fill="${LAYER.track}" stroke="#fff" stroke-width="2"/>
    <path d="M16 2 L25 28 L16 22.5 L7 28 Z" fill="${LAYER.track}" stroke="#fff" stroke-width="2" stroke-linejoin="round"/>
  </svg>`;
  return element;
}
