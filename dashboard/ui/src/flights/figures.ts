/** Lengths, areas, sizes and paces of flights, as people read them. Pure. */

export function pathLength(metres: number): string {
  return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(2)} km`;
}

/** Hectares between a field and a village; below and above, square metres and kilometres. */
export function area(m2: number): string {
  if (m2 < 10_000) return `${Math.round(m2)} m²`;
  if (m2 < 1_000_000) return `${(m2 / 10_000).toFixed(1)} ha`;
  return `${(m2 / 1_000_000).toFixed(2)} km²`;
}

export function fileSize(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1_000_000) return `${(n / 1000).toFixed(0)} kB`;
  if (n < 1_000_000_000) return `${(n / 1_000_000).toFixed(1)} MB`;
  return `${(n / 1_000_000_000).toFixed(2)} GB`;
}

/** No more digits than the sampling distance of a whole picture can have. */
export function gsd(cm: number): string {
  return cm < 10 ? cm.toFixed(1) : String(Math.round(cm));
}

/** Of a path inside a flight. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function ratio(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(1, part / whole);
}
