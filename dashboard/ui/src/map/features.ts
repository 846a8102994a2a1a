/** Turns what the API says into GeoJSON as displayed: shifted if the tiles are, coloured by meaning. */
import type { Alert, Datum, Fences, GroundPlace, Source } from "../api.types";
import type { Language } from "../i18n";
import { ALERT_COLOUR, fenceColour, SOURCE_COLOUR } from "./colours";
import { type Position, toDisplay } from "./datum";
import { ellipseRing } from "./ellipse";
import type { Bounds } from "./graticule";

type Collection = GeoJSON.FeatureCollection;
export type GroundAlert = Alert & { place: GroundPlace };

export function onGround(alert: Alert): alert is GroundAlert {
  return alert.place.space === "ground";
}

/** A city has a thousand cells of its grid; they say whose ground it is, not what is forbidden there. */
export const GRID = "grid";

/** All but the cells of the grid. */
export function fenceFeatures(fences: Fences, language: Language, datum: Datum): Collection {
  return areaFeatures(fences, language, datum, (kind) => kind !== GRID);
}

export function gridFeatures(fences: Fences, language: Language, datum: Datum): Collection {
  return areaFeatures(fences, language, datum, (kind) => kind === GRID);
}

function areaFeatures(fences: Fences, language: Language, datum: Datum, wanted: (kind: string) => boolean): Collection {
  return collection(
    fences.features.flatMap(({ id, properties, geometry }) => {
      // A fence of an unsurveyed camera has no place on the ground.
      if (geometry === null || !wanted(properties.kind)) return [];
      const colour = fenceColour(properties.kind);
      const name = language === "en" && properties.name_en ? properties.name_en : properties.name;
      const shown = { id, colour, name, active: properties.active };
      return [{ type: "Feature", properties: shown, geometry: shiftArea(geometry, datum) }];
    }),
  );
}

export function footprintFeatures(sources: Source[], datum: Datum): Collection {
  return collection(
    sources.flatMap(({ footprint, state }) => {
      if (footprint === null) return [];
      return [polygon(footprint, { colour: SOURCE_COLOUR[state] }, datum)];
    }),
  );
}

export function alertPoints(alerts: Alert[], datum: Datum): Collection {
  return collection(
    alerts.filter(onGround).map(({ id, place, review }) => ({
      type: "Feature",
      properties: { id, colour: ALERT_COLOUR[review.state] },
      geometry: { type: "Point", coordinates: toDisplay(datum, [place.lon, place.lat]) },
    })),
  );
}

export function alertEllipses(alerts: Alert[], selected: string | null, datum: Datum): Collection {
  return collection(
    alerts.filter(onGround).flatMap(({ id, place, outline, review }) => {
      const properties = { colour: ALERT_COLOUR[review.state], selected: id === selected };
      const ellipse = polygon(ellipseRing(place), properties, datum);
      // What has an extent of its own is drawn with it.
      return outline ? [polygon(outline, properties, datum), ellipse] : [ellipse];
    }),
  );
}

/** Bounds of the data, as displayed. */
export function shiftBounds([west, south, east, north]: Bounds, datum: Datum): Bounds {
  return [...toDisplay(datum, [west, south]), ...toDisplay(datum, [east, north])];
}

/** The smallest box, as displayed, around everything that has a place; null when nothing has. */
export function boundsOf(collections: Collection[], points: Position[]): Bounds | null {
  const all = [...points];
  for (const { features } of collections) {
    for (const { geometry } of features) if ("coordinates" in geometry) collect(geometry.coordinates, all);
  }
  if (all.length === 0) return null;
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of all) {
    bounds[0] = Math.min(bounds[0], lon);
    bounds[1] = Math.min(bounds[1], lat);
    bounds[2] = Math.max(bounds[2], lon);
    bounds[3] = Math.max(bounds[3], lat);
  }
  return bounds;
}

function collect(nested: unknown, into: Position[]) {
  if (!Array.isArray(nested)) return;
  if (typeof nested[0] === "number") into.push(nested as Position);
  else for (const inner of nested) collect(inner, into);
}

export function shiftArea(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon, datum: Datum): GeoJSON.Geometry {
  const rings = (polygon: GeoJSON.Position[][]) =>
    polygon.map((ring) => ring.map((at) => toDisplay(datum, at as Position)));
  if (geometry.type === "Polygon") return { type: "Polygon", coordinates: rings(geometry.coordinates) };
  return { type: "MultiPolygon", coordinates: geometry.coordinates.map(rings) };
}

export function polygon(ring: Position[], properties: GeoJSON.GeoJsonProperties, datum: Datum): GeoJSON.Feature {
  const coordinates = [ring.map((at) => toDisplay(datum, at))];
  return { type: "Feature", properties, geometry: { type: "Polygon", coordinates } };
}

export function collection(features: GeoJSON.Feature[]): Collection {
  return { type: "FeatureCollection", features };
}
