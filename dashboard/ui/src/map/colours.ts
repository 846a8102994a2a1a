/** What each state and kind looks like, in one place so that map, list and legend agree. */
import type { Stage, SourceState } from "../api.types";
import type { Theme } from "../settings";

export const ALERT_COLOUR: Record<Stage, string> = {
  open: "#e5560f",
  confirmed: "#1d6fd6",
  dismissed: "#8b95a1",
  reminding: "#b7791f",
  corrected: "#1f9d55",
};

export const SOURCE_COLOUR: Record<SourceState, string> = {
  starting: "#1d8fd6",
  live: "#1f9d55",
  silent: "#d99a00",
  reconnecting: "#d99a00",
  ended: "#8b95a1",
  failed: "#d4302f",
};

const FENCE_COLOUR: Record<string, string> = {
  no_parking: "#c8365a",
  bay: "#2e8b57",
  no_dumping: "#a8652a",
  no_build: "#7a4fd0",
  disposal_site: "#7d7a1c",
  construction_site: "#c98a00",
  approved_route: "#2f6fb3",
  farmland: "#5b8f22",
  river: "#1487a8",
  allowed_vending: "#0f8f6b",
  dog_area: "#b0679a",
  sensitive: "#4a4f57",
  no_fly: "#d0532a",
  grid: "#7b8794",
};
const OTHER_FENCES = ["#0f8f8a", "#4a7d1f", "#b04a9a", "#3b6ea5"];

/** A kind nobody has named here still gets a colour of its own, the same on every screen. */
export function fenceColour(kind: string): string {
  const named = FENCE_COLOUR[kind];
  if (named !== undefined) return named;
  let hash = 0;
  for (const letter of kind) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return OTHER_FENCES[hash % OTHER_FENCES.length] ?? "#0f8f8a";
}

export const GROUND: Record<Theme, { back: string; grid: string; text: string; halo: string }> = {
  light: { back: "#f3f5f7", grid: "#dde2e8", text: "#5b6672", halo: "#f3f5f7" },
  dark: { back: "#15191e", grid: "#262d35", text: "#aab6c2", halo: "#15191e" },
};
