/** Draws an error ellipse as a polygon on the ground. */
import type { GroundPlace } from "../api.types";
import type { Position } from "./datum";

const EARTH_RADIUS_M = 6_378_137;
const CORNERS = 64;

/** A closed ring of WGS-84 positions. The bearing is that of the long axis, clockwise from north. */
export function ellipseRing(place: Pick<GroundPlace, "lon" | "lat" | "ellipse95">): Position[] {
  const { semi_major_m: a, semi_minor_m: b, bearing_deg } = place.ellipse95;
  const bearing = radians(bearing_deg);
  const ring: Position[] = [];
  for (let corner = 0; corner <= CORNERS; corner++) {
    const turn = ((corner % CORNERS) / CORNERS) * 2 * Math.PI;
    const along = a * Math.cos(turn);
    const across = b * Math.sin(turn);
    const east = along * Math.sin(bearing) + across * Math.cos(bearing);
    const north = along * Math.cos(bearing) - across * Math.sin(bearing);
    ring.push(offset([place.lon, place.lat], east, north));
  }
  return ring;
}

/** Good to centimetres over the few hundred metres that an ellipse can span. */
export function offset([lon, lat]: Position, eastM: number, northM: number): Position {
  return [
    lon + degrees(eastM / (EARTH_RADIUS_M * Math.cos(radians(lat)))),
    lat + degrees(northM / EARTH_RADIUS_M),
  ];
}

function radians(deg: number): number {
  return (deg * Math.PI) / 180;
}

function degrees(rad: number): number {
  return (rad * 180) / Math.PI;
}
