/** The plots as ECharts wants them: five above each other, with one cursor through all. */
import type { FlightModel } from "../model";
import type { FlightTranslate } from "../words";
import { bearing, FIXES, line, quality, type Sample } from "./series";

export type Look = { text: string; grid: string; back: string; font: string };

/** Height of one plot and of the space around it, px. */
const PLOT = 60;
const SPACE = 28;
const TOP = 22;
export const PLOTS = 5;
export const HEIGHT = TOP + PLOTS * (PLOT + SPACE);

/** Room for the longest word of an axis. */
const LEFT = 72;
const FIX = 4;
/** Heights start where they are; the others mean something on a scale of their own. */
const SCALE = [{ scale: true }, { min: -90, max: 30, interval: 60 }, { min: -180, max: 180, interval: 180 }, { min: 0 }, { min: 0, max: 3, interval: 1 }];

const COLOUR = { height: "#1d8fd6", pitch: "#e5560f", yaw: "#7a4fd0", speed: "#1f9d55", fix: "#a8652a" };

export function option({ track, timeline, words }: FlightModel, t: FlightTranslate, look: Look) {
  const titles = [`${t("plot.height")} m`, `${t("plot.pitch")} °`, `${t("plot.yaw")} °`, `${t("plot.speed")} m/s`, t("plot.fix")];
  const rows = [...Array(PLOTS).keys()];
  const fixName = (value: number) => t(`fix.${FIXES[value] ?? "unknown"}`);
  const label = { color: look.text, fontSize: 11, fontFamily: look.font };
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: look.text, type: "dashed" } },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: look.back,
      borderColor: look.grid,
      textStyle: { color: look.text, fontSize: 12 },
      formatter: (points: { axisValue: number; seriesName: string; marker: string; value: Sample; seriesIndex: number }[]) => {
        const told = points.map(({ marker, seriesName, value: [, value], seriesIndex }) => {
          const words = value === null ? "–" : seriesIndex === FIX ? fixName(value) : value.toFixed(1);
          return `${marker}${seriesName} <b>${words}</b>`;
        });
        return [words.fine(points[0]?.axisValue ?? 0), ...told].join("<br>");
      },
    },
    title: rows.map((row) => ({ text: titles[row], left: LEFT - 5, top: top(row) - 21, textStyle: { ...label, fontSize: 12, fontWeight: "normal" } })),
    grid: rows.map((row) => ({ left: LEFT, right: 18, top: top(row), height: PLOT })),
    xAxis: rows.map((gridIndex) => ({
      gridIndex,
      type: "time",
      min: timeline.from,
      max: timeline.to,
      axisLine: { lineStyle: { color: look.grid } },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: look.grid } },
      axisLabel: { ...label, show: gridIndex === PLOTS - 1, hideOverlap: true, formatter: (ms: number) => words.clock(ms) },
      axisPointer: { label: { show: false } },
    })),
    yAxis: rows.map((gridIndex) => ({
      gridIndex,
      type: "value",
      splitNumber: 2,
      ...SCALE[gridIndex],
      axisLabel: { ...label, hideOverlap: true, ...(gridIndex === FIX && { formatter: fixName }) },
      splitLine: { lineStyle: { color: look.grid } },
    })),
    series: [
      plotted(0, t("plot.height"), COLOUR.height, line(track, ({ height_m }) => height_m)),
      plotted(1, t("plot.pitch"), COLOUR.pitch, line(track, ({ pitch_deg }) => pitch_deg)),
      plotted(2, t("plot.yaw"), COLOUR.yaw, bearing(track)),
      plotted(3, t("plot.speed"), COLOUR.speed, line(track, ({ speed_mps }) => speed_mps)),
      { ...plotted(FIX, t("plot.fix"), COLOUR.fix, quality(track)), step: "end", areaStyle: { opacity: 0.12 } },
    ],
  };
}

function plotted(row: number, name: string, colour: string, data: Sample[]) {
  return { type: "line", name, xAxisIndex: row, yAxisIndex: row, data, showSymbol: false, color: colour, lineStyle: { width: 1.4 }, sampling: "minmax" };
}

function top(row: number): number {
  return TOP + row * (PLOT + SPACE);
}
