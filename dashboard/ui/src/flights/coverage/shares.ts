/** How much of a cell was seen, in five steps; map, list and legend agree. Pure. */
import type { CoverageFence } from "../types";

/** From the worst. Told apart by lightness too, for those who do not tell red from green. */
export const SHARE_STEPS = [
  { key: "coverage.step_none", upTo: 0, colour: "#b3261e" },
  { key: "coverage.step_25", upTo: 0.25, colour: "#ef8a3c" },
  { key: "coverage.step_50", upTo: 0.5, colour: "#f0cb52" },
  { key: "coverage.step_75", upTo: 0.75, colour: "#7cc4ae" },
  { key: "coverage.step_100", upTo: 1, colour: "#0b7a75" },
] as const;

/** Nobody looked at it: no look showed as much of it as counts as seen. */
export function isUnseen({ last_seen }: CoverageFence): boolean {
  return last_seen === null;
}

export function shareColour(fence: CoverageFence): string {
  if (isUnseen(fence)) return SHARE_STEPS[0].colour;
  const step = SHARE_STEPS.slice(1).find(({ upTo }) => fence.share <= upTo);
  return (step ?? SHARE_STEPS[4]).colour;
}

/** Whole percent, rounded down: only what was seen whole is 100. */
export function percent({ share }: CoverageFence): number {
  return Math.floor(share * 100);
}

/** The worst first: by share, then by how long ago. */
export function neglectedFirst(a: CoverageFence, b: CoverageFence): number {
  const seen = (fence: CoverageFence) => (fence.last_seen === null ? 0 : Date.parse(fence.last_seen));
  return a.share - b.share || seen(a) - seen(b);
}
