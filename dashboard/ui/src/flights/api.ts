/** What the pages of flights ask the server for; the uploads themselves speak tus, in `upload/`. */
import { request } from "../api";
import type { AircraftNow, AircraftTrack, Coverage, Flight, FlightDetail, FlightPage, FlightReport } from "./types";

/** `aircraft`: the serial number of the one that flew it, if it was heard live. */
export function createFlight(name: string, aircraft?: string): Promise<Flight> {
  return request("POST", "/api/flights", { ...(name !== "" && { name }), ...(aircraft && { aircraft }) });
}

export function getFlights(cursor: string | null, signal?: AbortSignal): Promise<FlightPage> {
  const search = new URLSearchParams({ limit: "30" });
  if (cursor !== null) search.set("cursor", cursor);
  return request("GET", `/api/flights?${search.toString()}`, undefined, signal);
}

export function getFlight(id: number, signal?: AbortSignal): Promise<FlightDetail> {
  return request("GET", `/api/flights/${id}`, undefined, signal);
}

export function deleteFlight(id: number): Promise<void> {
  return request("DELETE", `/api/flights/${id}`);
}

export function startFlight(id: number): Promise<Flight> {
  return request("POST", `/api/flights/${id}/start`, {});
}

export function retryFlight(id: number): Promise<Flight> {
  return request("POST", `/api/flights/${id}/retry`, {});
}

export function fetchFlight(id: number): Promise<FlightDetail> {
  return request("POST", `/api/flights/${id}/fetch`, {});
}

export function getReport(id: number, signal?: AbortSignal): Promise<FlightReport> {
  return request("GET", `/api/flights/${id}/report`, undefined, signal);
}

export function getCoverage(days: number, signal?: AbortSignal): Promise<Coverage> {
  return request("GET", `/api/coverage?days=${days}`, undefined, signal);
}

export function coverageUrl(days: number): string {
  return `/api/coverage.geojson?days=${days}`;
}

export function getAircraft(signal?: AbortSignal): Promise<AircraftNow[]> {
  return request("GET", "/api/aircraft", undefined, signal);
}

export function getAircraftTrack(serial: string, signal?: AbortSignal): Promise<AircraftTrack> {
  return request("GET", `/api/aircraft/${encodeURIComponent(serial)}/track?hours=1`, undefined, signal);
}

export function filesUrl(id: number): string {
  return `/api/flights/${id}/files`;
}

export function mediaUrl(id: number, n: number): string {
  return `/api/flights/${id}/media/${n}`;
}

export type Export = "report.html" | "flight.geojson" | "flight.kml";

export function exportUrl(id: number, kind: Export): string {
  return `/api/flights/${id}/export/${kind}`;
}
