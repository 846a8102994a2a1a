/** What an aircraft counts as; list and map agree. Pure. */
import type { AircraftNow } from "../types";

export type AircraftState = "flying" | "ground" | "online" | "offline";

export const COLOUR: Record<AircraftState, string> = {
  flying: "#1d6fd6",
  ground: "#1f9d55",
  online: "#0f8f8a",
  offline: "#8b95a1",
};

/** One that does not say whether it flies is only online. */
export function stateOf({ online, flying }: AircraftNow): AircraftState {
  if (!online) return "offline";
  if (flying === null) return "online";
  return flying ? "flying" : "ground";
}

const ORDER: AircraftState[] = ["flying", "online", "ground", "offline"];

export function upFirst(a: AircraftNow, b: AircraftNow): number {
  return ORDER.indexOf(stateOf(a)) - ORDER.indexOf(stateOf(b)) || a.serial.localeCompare(b.serial);
}
