/** A flight as GeoJSON, as displayed: shifted if the tiles are, coloured by meaning. */
import type { Datum } from "../../api.types";
import { type Position, toDisplay } from "../../map/datum";
import { ellipseRing } from "../../map/ellipse";
import { collection, polygon } from "../../map/features";
import { type ColourBy, colourOf, groupOf } from "../colours";
import type { Look } from "../timeline/looks";
import type { Point } from "../timeline/track";
import type { Finding, FlightReport } from "../types";

type Collection = GeoJSON.FeatureCollection;

/** Past this, two points of the track are not joined: nobody knows what lay between. */
const GAP_MS = 5000;

export function trackLine(track: Point[], datum: Datum): Collection {
  const lines: Position[][] = [];
  let last = -Infinity;
  for (const { ms, lon, lat } of track) {
    if (ms - last > GAP_MS) lines.push([]);
    lines.at(-1)?.push(toDisplay(datum, [lon, lat]));
    last = ms;
  }
  const drawn = lines.filter((line) => line.length > 1);
  if (drawn.length === 0) return collection([]);
  return collection([{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: drawn } }]);
}

export function routeLine(route: FlightReport["route"], datum: Datum): Collection {
  const coordinates = route.map(([lon, lat]) => toDisplay(datum, [lon, lat]));
  const points = coordinates.map(
    (at): GeoJSON.Feature => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }),
  );
  if (coordinates.length < 2) return collection(points);
  return collection([...points, { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } }]);
}

export function lookAreas(looks: (Look | null)[], datum: Datum): Collection {
  return collection(looks.flatMap((look) => (look === null ? [] : [polygon(look.ring, {}, datum)])));
}

export function findingPoints(findings: Finding[], by: ColourBy, selected: number | null, datum: Datum): Collection {
  return collection(
    findings.map((finding) => ({
      type: "Feature",
      properties: { track: finding.track, colour: colourOf(groupOf(finding, by)), selected: finding.track === selected },
      geometry: { type: "Point", coordinates: toDisplay(datum, [finding.lon, finding.lat]) },
    })),
  );
}

export function findingEllipses(findings: Finding[], by: ColourBy, selected: number | null, datum: Datum): Collection {
  return collection(
    findings.map((finding) => {
      const properties = { colour: colourOf(groupOf(finding, by)), selected: finding.track === selected };
      return polygon(ellipseRing(finding), properties, datum);
    }),
  );
}

export function placePoint(place: Position | null, datum: Datum): Collection {
  if (place === null) return collection([]);
  return collection([{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: toDisplay(datum, place) } }]);
}
