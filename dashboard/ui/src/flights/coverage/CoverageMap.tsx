/** The map of coverage: cells by their share, ground that was looked at, and what is missing of each fence. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { Fences, MapSetup } from "../../api.types";
import { formats } from "../../format";
import { boundsOf, collection, fenceFeatures, shiftArea } from "../../map/features";
import frame from "../../map/map.module.css";
import { MapFrame } from "../../map/MapFrame";
import { fit, type Padding, useFitOnce, useMap, useMapData } from "../../map/useMap";
import { fencesQuery } from "../../queries";
import { useSettings } from "../../settings";
import type { Coverage, CoverageFence } from "../types";
import { useFlightT } from "../words";
import { gapsOf, shareCells, shown } from "./cells";
import css from "./coverage.module.css";
import { CoverageLegend } from "./CoverageLegend";
import type { Of } from "./CoveragePage";
import { percent } from "./shares";
import { type Hovered, useCellPointer, useCoverageLayers } from "./useCells";

/** The legend of the grid is tall, and would hide cells. */
const BESIDE_LEGEND: Padding = { top: 48, bottom: 48, left: 48, right: 280 };
const NOTHING: Fences = { type: "FeatureCollection", features: [] };

type Props = {
  setup: MapSetup;
  coverage: Coverage | undefined;
  of: Of;
  nameOf: (fence: CoverageFence) => string;
  selected: string | null;
  onSelect: (id: string) => void;
};

export function CoverageMap({ setup, coverage, of, nameOf, selected, onSelect }: Props) {
  const t = useFlightT();
  const { language } = useSettings();
  const datum = setup.tile_datum;
  const box = useRef<HTMLDivElement>(null);
  const { map, broken } = useMap(box, setup);
  const fences = useQuery(fencesQuery);
  const shapes = fences.data ?? NOTHING;

  const areas = useMemo(() => fenceFeatures(shapes, language, datum), [shapes, language, datum]);
  const cells = useMemo(
    () => shareCells(shapes, of === "grid" ? (coverage?.grid ?? []) : [], nameOf, selected, datum),
    [shapes, coverage, of, language, selected, datum],
  );
  const seen = useMemo(() => shown(coverage?.area, datum), [coverage, datum]);
  const gaps = useMemo(() => {
    const missed = of === "grid" ? coverage?.grid.filter(({ id }) => id === selected) : coverage?.fences;
    return shown(gapsOf(missed ?? []), datum);
  }, [coverage, of, selected, datum]);
  useCoverageLayers(map, of);
  useMapData(map, "fences", areas);
  useMapData(map, "coverage-cells", cells);
  useMapData(map, "coverage-seen", seen);
  useMapData(map, "coverage-gaps", gaps);
  const hovered = useCellPointer(map, onSelect);

  const bounds = useMemo(() => boundsOf([areas, cells, seen], []), [areas, cells, seen]);
  const ready = coverage !== undefined && !fences.isPending;
  const room = of === "grid" && window.innerWidth > 860 ? BESIDE_LEGEND : 48;
  useFitOnce(map, ready ? bounds : null, room);
  useEffect(() => {
    const fence = shapes.features.find(({ id }) => id === selected);
    if (map === null || fence?.geometry == null) return;
    const around = boundsOf([collection([{ type: "Feature", properties: {}, geometry: shiftArea(fence.geometry, datum) }])], []);
    if (around !== null) fit(map, around, 90);
    // Only a new selection moves the map.
  }, [map, selected]);

  return (
    <MapFrame box={box} map={map} broken={broken} setup={setup} onFit={bounds && (() => map && fit(map, bounds, room))}>
      <CoverageLegend of={of} />
      {hovered && <CellCard hovered={hovered} cell={coverage?.grid.find(({ id }) => id === hovered.id)} nameOf={nameOf} />}
      {ready && bounds === null && <div className={frame.nothing}>{t("map.nothing")}</div>}
    </MapFrame>
  );
}

type CardProps = { hovered: Hovered; cell: CoverageFence | undefined; nameOf: (fence: CoverageFence) => string };

function CellCard({ hovered, cell, nameOf }: CardProps) {
  const t = useFlightT();
  const { language } = useSettings();
  const { shortTime } = formats(t, language);
  if (cell === undefined) return null;
  return (
    <div className={css.card} style={{ left: hovered.x, top: hovered.y }} data-testid="cell-card">
      <b>{nameOf(cell)}</b>
      <span>
        {t("coverage.share")} {percent(cell)} %
      </span>
      <span>{cell.last_seen === null ? t("coverage.never") : `${t("coverage.last_seen")} ${shortTime(cell.last_seen)}`}</span>
    </div>
  );
}
