/** What coverage draws: cells in the colour of their share, and what is missing. As displayed, so shifted if the tiles are. */
import type { Datum, Fences } from "../../api.types";
import { collection, shiftArea } from "../../map/features";
import type { CoverageFence } from "../types";
import { shareColour } from "./shares";

export function shareCells(
  fences: Fences,
  grid: CoverageFence[],
  nameOf: (fence: CoverageFence) => string,
  selected: string | null,
  datum: Datum,
): GeoJSON.FeatureCollection {
  const shapes = new Map(fences.features.map(({ id, geometry }) => [id, geometry]));
  return collection(
    grid.flatMap((cell) => {
      const geometry = shapes.get(cell.id);
      if (geometry == null) return [];
      const properties = { id: cell.id, name: nameOf(cell), colour: shareColour(cell), selected: cell.id === selected };
      return [{ type: "Feature", properties, geometry: shiftArea(geometry, datum) }];
    }),
  );
}

export function shown(area: GeoJSON.MultiPolygon | undefined, datum: Datum): GeoJSON.FeatureCollection {
  if (area === undefined || area.coordinates.length === 0) return collection([]);
  return collection([{ type: "Feature", properties: {}, geometry: shiftArea(area, datum) }]);
}

/** Of all fences; of the cells of a grid only the selected one's, for the others say by their colour that they have some. */
export function gapsOf(fences: CoverageFence[]): GeoJSON.MultiPolygon {
  return { type: "MultiPolygon", coordinates: fences.flatMap(({ gaps }) => gaps.coordinates) };
}
