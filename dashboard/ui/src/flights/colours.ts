/** What each state, class and layer of flights looks like; map, list and legend agree. */
import type { Finding, FlightState } from "./types";

export const FLIGHT_COLOUR: Record<FlightState, string> = {
  uploading: "#1d8fd6",
  queued: "#8b95a1",
  processing: "#7a4fd0",
  done: "#1f9d55",
  failed: "#d4302f",
};

export const LAYER = {
  track: "#1d6fd6",
  route: "#7a4fd0",
  looks: "#0f8f8a",
  now: "#e6a700",
  gap: "#d4302f",
} as const;

const ALERTED = "#e5560f";
const QUIET = "#64748b";
const STOOD = "#c8365a";
const MOVED = "#2e8b57";
const UNTOLD = "#8a7a3a";
const CLASS: Record<string, string> = {
  person: "#d4302f",
  bicycle: "#2e8b57",
  motorcycle: "#4a7d1f",
  two_wheeler: "#4a7d1f",
  car: "#1d6fd6",
  van: "#0f8f8a",
  bus: "#7a4fd0",
  truck: "#a8652a",
  muck_truck: "#e5560f",
  excavator: "#d99a00",
  dog: "#b04a9a",
};

export type ColourBy = "alert" | "motion" | "class";

/** What a finding counts as when coloured by `by`: a key of `colourOf`, and of the legend. */
export function groupOf(finding: Finding, by: ColourBy): string {
  if (by === "alert") return finding.alerts.length > 0 ? "alerted" : "quiet";
  if (by === "motion") return finding.motion;
  return finding.class;
}

export function colourOf(group: string): string {
  const named: Record<string, string> = { alerted: ALERTED, quiet: QUIET, standing: STOOD, moving: MOVED, unknown: UNTOLD };
  return named[group] ?? CLASS[group] ?? QUIET;
}
