/** One entry per kind of warning, the serious ones first. Pure. */
import type { FlightWarning, WarningCode } from "../types";

export type WarningGroup = { code: WarningCode; count: number; entries: FlightWarning[]; serious: boolean };

export function groupWarnings(warnings: FlightWarning[], serious: ReadonlySet<WarningCode>): WarningGroup[] {
  const groups = new Map<WarningCode, WarningGroup>();
  for (const warning of warnings) {
    const { code, count } = warning;
    const group = groups.get(code) ?? { code, count: 0, entries: [], serious: serious.has(code) };
    group.count += count;
    group.entries.push(warning);
    groups.set(code, group);
  }
  return [...groups.values()].sort((a, b) => Number(b.serious) - Number(a.serious));
}
