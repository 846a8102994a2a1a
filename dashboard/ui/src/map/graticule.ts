/** The grid of meridians and parallels that stands in for a base map when there are no tiles. */
import type { Datum } from "../api.types";
import { fromDisplay, type Position, toDisplay } from "./datum";

const STEPS_DEG = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005];
/** Room for a label with seven decimals, and some air. */
const PX_PER_LINE = 105;
/** A label this near an edge would lie under the scale bar, the datum or another label. */
const MARGIN = 0.09;

export type Bounds = [west: number, south: number, east: number, north: number];

/** Lines over `view` (as displayed), each labelled with its WGS-84 degrees. */
export function graticule(view: Bounds, widthPx: number, datum: Datum): GeoJSON.FeatureCollection {
  const [west, south] = fromDisplay(datum, [view[0], view[1]]);
  const [east, north] = fromDisplay(datum, [view[2], view[3]]);
  const step = gridStep(east - west, widthPx / PX_PER_LINE);
  const features: GeoJSON.Feature[] = [];
  const show = (at: Position) => toDisplay(datum, at);
  for (const lon of multiples(west, east, step)) {
    features.push(line([show([lon, south]), show([lon, north])]));
    if (isClear(lon, west, east)) features.push(label(show([lon, south]), lon, step, "lon"));
  }
  for (const lat of multiples(south, north, step)) {
    features.push(line([show([west, lat]), show([east, lat])]));
    if (isClear(lat, south, north)) features.push(label(show([west, lat]), lat, step, "lat"));
  }
  return { type: "FeatureCollection", features };
}

/** The finest round step that draws no more than `most` lines. */
export function gridStep(spanDeg: number, most: number): number {
  return STEPS_DEG.findLast((step) => spanDeg / step <= most) ?? 90;
}

/** Counted in whole steps, so that a label never reads 120.08690000000001. */
export function multiples(from: number, to: number, step: number): number[] {
  const found: number[] = [];
  for (let n = Math.ceil(from / step); n * step <= to && found.length < 200; n++) found.push(n * step);
  return found;
}

function isClear(value: number, from: number, to: number): boolean {
  const along = (value - from) / (to - from);
  return along > MARGIN && along < 1 - MARGIN;
}

function line(coordinates: Position[]): GeoJSON.Feature {
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}

function label(at: Position, value: number, step: number, axis: "lon" | "lat"): GeoJSON.Feature {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return {
    type: "Feature",
    properties: { axis, label: `${value.toFixed(decimals)}°` },
    geometry: { type: "Point", coordinates: at },
  };
}
