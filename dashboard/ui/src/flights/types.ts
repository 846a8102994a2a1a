/**
 * The JSON of flights, in the names of `domain/src/flight.rs` and the contract of `/api/flights`.
 *
 * Times are RFC 3339 UTC strings, positions are WGS-84 [lon, lat] in degrees, heights metres.
 */
import type { Ellipse, Time } from "../api.types";

export type FlightState = "uploading" | "queued" | "processing" | "done" | "failed";

export type FlightSummary = {
  started_at: Time | null;
  ended_at: Time | null;
  video_s: number;
  frames: number;
  photos: number;
  path_m: number;
  area_m2: number;
  /** Finest and coarsest, cm a pixel. */
  gsd_cm: [number, number] | null;
  /** Frames whose camera could be placed, 0 to 1. */
  placed: number;
  findings: number;
  alerts: number;
  by_class: Record<string, number>;
  aircraft: string;
  /** Video clock minus telemetry clock. */
  clock_offset_s: number | null;
  stage_s: Record<string, number>;
};

export type Flight = {
  id: number;
  name: string;
  /** Serial number, where somebody said. */
  aircraft: string | null;
  state: FlightState;
  /** The reason, in English; may be empty. */
  detail: string;
  progress: number | null;
  eta_s: number | null;
  created_by: string;
  created_at: Time;
  files: number;
  bytes: number;
  received: number;
  summary: FlightSummary | null;
};

export type FileState = "uploading" | "received" | "done" | "failed";
export type FlightFile = {
  n: number;
  name: string;
  bytes: number;
  received: number;
  state: FileState;
  sha256: string | null;
  duplicate_of: { flight: number; name: string } | null;
  detail: string;
};

export type WarningCode =
  | "unreadable"
  | "truncated"
  | "bad_entry"
  | "no_position"
  | "no_attitude"
  | "no_height"
  | "no_lens"
  | "lens_changed"
  | "no_telemetry"
  | "other_telemetry"
  | "clock_offset"
  | "zone_assumed"
  | "out_of_order"
  | "checksum"
  | "rtk_lost"
  | "yaw_disagrees"
  | "rays_refused"
  | "duplicate"
  | "off_route"
  | "flat_ground";
export type FlightWarning = { code: WarningCode; file: string; detail: string; count: number };

/** A file that a dock left in an object store. */
export type FlightObject = {
  object_key: string;
  name: string;
  state: "waiting" | "fetched" | "failed";
  /** In vain. */
  tries: number;
  due_at: Time;
  /** The reason, in English; may be empty. */
  detail: string;
};

export type FlightDetail = Flight & {
  file_list: FlightFile[];
  /** Flights before it in the queue. */
  ahead: number;
  objects: FlightObject[];
  warnings: FlightWarning[];
};
export type FlightPage = { items: Flight[]; next?: string | null };

export type MediaKind = "video" | "photo" | "telemetry" | "route" | "other";
export type FlightMedia = {
  name: string;
  kind: MediaKind;
  started_at: Time | null;
  duration_s: number;
  frames: number;
  telemetry: string;
  width: number;
  height: number;
};

/** "unknown": not seen long enough to tell. */
export type Motion = "standing" | "moving" | "unknown";
export type Finding = {
  track: number;
  class: string;
  score: number;
  lon: number;
  lat: number;
  ellipse95: Ellipse;
  first_seen: Time;
  last_seen: Time;
  sightings: number;
  passes: number;
  motion: Motion;
  alerts: string[];
};

export type Fix = "unknown" | "single" | "float" | "fixed";
export type TrackPoint = {
  at: Time;
  lon: number;
  lat: number;
  height_m: number | null;
  yaw_deg: number | null;
  pitch_deg: number | null;
  roll_deg: number | null;
  heading_deg: number | null;
  speed_mps: number;
  fix: Fix;
};

export type GroundLook = {
  at: Time;
  /** Which of `FlightReport.media`, and seconds into it. */
  media: number;
  media_s: number;
  /** Closed. */
  ring: [number, number][];
  gsd_cm: number;
  objects: number;
};

export type FlightReport = {
  summary: FlightSummary;
  media: FlightMedia[];
  warnings: FlightWarning[];
  findings: Finding[];
  track: TrackPoint[];
  looks: GroundLook[];
  /** [lon, lat, height] of the waypoints; empty when no route came with the flight. */
  route: [number, number, number][];
  off_route_m: number | null;
};

/** A fence, or a cell of the grid. */
export type CoverageFence = {
  id: string;
  name: string;
  name_en: string | null;
  kind: string;
  /** Of all of it. */
  area_m2: number;
  last_seen: Time | null;
  flight: number | null;
  gsd_cm: number | null;
  /** Of its area, 0 to 1. */
  share: number;
  /** When nearly all of it was last in one view, how finely, and whether nothing stood in it then. */
  whole_seen: Time | null;
  whole_gsd_cm: number | null;
  empty_at_last_look: boolean | null;
  gaps: GeoJSON.MultiPolygon;
};
export type Coverage = {
  from: Time;
  to: Time;
  fences: CoverageFence[];
  grid: CoverageFence[];
  area: GeoJSON.MultiPolygon;
  area_m2: number;
  looks: number;
};

/** An aircraft that is heard of live; what it has not said is null. */
export type AircraftNow = {
  serial: string;
  model: string | null;
  gateway: string | null;
  online: boolean;
  flying: boolean | null;
  heard_at: Time;
  /** Seconds since it was heard. */
  age_s: number;
  at: Time | null;
  lon: number | null;
  lat: number | null;
  /** Above the point of take-off. */
  height_m: number | null;
  above_ellipsoid_m: number | null;
  heading_deg: number | null;
  gimbal: { yaw_deg: number; pitch_deg: number; roll_deg: number } | null;
  speed_mps: number | null;
  battery_percent: number | null;
  fix: Fix;
};
export type AircraftTrack = { serial: string; from: Time; to: Time; points: TrackPoint[] };
