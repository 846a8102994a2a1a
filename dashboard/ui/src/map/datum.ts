/**
 * Between WGS-84 and GCJ-02, for drawing our data over tiles that are in GCJ-02.
 *
 * Only the display is ever shifted: nothing that leaves the page is in GCJ-02.
 */
import type { Datum } from "../api.types";

export type Position = [lon: number, lat: number];

const A = 6378245.0;
const EE = 0.00669342162296594323;

/** Puts a WGS-84 position where the tiles have it. */
export function toDisplay(datum: Datum, at: Position): Position {
  return datum === "GCJ-02" ? wgsToGcj(at) : at;
}

export function fromDisplay(datum: Datum, at: Position): Position {
  return datum === "GCJ-02" ? gcjToWgs(at) : at;
}

export function wgsToGcj([lon, lat]: Position): Position {
  if (!inChina(lon, lat)) return [lon, lat];
  const x = lon - 105;
  const y = lat - 35;
  const sin = Math.sin((lat * Math.PI) / 180);
  const m = 1 - EE * sin * sin;
  const metresPerRadianLat = (A * (1 - EE)) / (m * Math.sqrt(m));
  const metresPerRadianLon = (A / Math.sqrt(m)) * Math.cos((lat * Math.PI) / 180);
  return [
    lon + ((east(x, y) / metresPerRadianLon) * 180) / Math.PI,
    lat + ((north(x, y) / metresPerRadianLat) * 180) / Math.PI,
  ];
}

/** The shift has no closed inverse; its fixed point is reached to 1e-11° in a few rounds. */
export function gcjToWgs(gcj: Position): Position {
  let wgs: Position = gcj;
  for (let round = 0; round < 30; round++) {
    const [lon, lat] = wgsToGcj(wgs);
    const off: Position = [gcj[0] - lon, gcj[1] - lat];
    wgs = [wgs[0] + off[0], wgs[1] + off[1]];
    if (Math.abs(off[0]) < 1e-11 && Math.abs(off[1]) < 1e-11) break;
  }
  return wgs;
}

function inChina(lon: number, lat: number): boolean {
  return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

function north(x: number, y: number): number {
  return (
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
    wave(20, 6 * x) + wave(20, 2 * x) +
    wave(20, y) + wave(40, y / 3) +
    wave(160, y / 12) + wave(320, y / 30)
  );
}

function east(x: number, y: number): number {
  return (
    300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
    wave(20, 6 * x) + wave(20, 2 * x) +
    wave(20, x) + wave(40, x / 3) +
    wave(150, x / 12) + wave(300, x / 30)
  );
}

function wave(amplitude: number, halfTurns: number): number {
  return (amplitude * Math.sin(halfTurns * Math.PI) * 2) / 3;
}
