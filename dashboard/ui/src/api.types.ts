/**
 * The JSON that the API speaks, in the words of its contract.
 *
 * Times are RFC 3339 UTC strings, positions are WGS-84 longitude and latitude in degrees.
 */

export type Time = string;
export type Role = "admin" | "reviewer" | "viewer";
export type LonLat = { lon: number; lat: number };

export type User = { name: string; role: Role };
export type Session = {
  user: User;
  version: string;
  /** Whether pictures are shown masked. */
  masked: boolean;
  may_see_originals: boolean;
};

export type Datum = "WGS-84" | "GCJ-02";
export type MapSetup = {
  tile_url: string | null;
  tile_datum: Datum;
  attribution: string;
  bounds: [west: number, south: number, east: number, north: number] | null;
};

export type SourceState = "starting" | "live" | "silent" | "reconnecting" | "ended" | "failed";
export type Source = {
  id: string;
  name: string;
  kind: "rtsp" | "file" | "images" | "observation";
  state: SourceState;
  /** A human reason for the state; may be empty. */
  detail: string;
  since: Time;
  fps: number;
  frames: number;
  dropped: number;
  reconnects: number;
  last_frame_at: Time | null;
  frame_age_s: number | null;
  /** Camera clock minus server clock, where the camera tells its time. */
  clock_offset_s?: number | null;
  nothing_found_s?: number | null;
  unseen?: number;
  width: number | null;
  height: number | null;
  position: LonLat | null;
  /** A closed ring of [lon, lat]. */
  footprint: [number, number][] | null;
  placement: "ground" | "image" | "none";
  residual_m: number | null;
};

export type Authority = "traffic_police" | "urban_mgmt";
export type FenceProperties = {
  name: string;
  name_en?: string | null;
  kind: string;
  parking_authority: Authority | null;
  schedule: unknown;
  valid_from: Time | null;
  valid_to: Time | null;
  active: boolean;
  hash: string;
};
type FenceArea = GeoJSON.Polygon | GeoJSON.MultiPolygon | null;
export type Fence = GeoJSON.Feature<FenceArea, FenceProperties>;
/** `refused` says why newer fences are not in force. */
export type Fences = GeoJSON.FeatureCollection<FenceArea, FenceProperties> & { refused?: string };

export type ReviewState = "open" | "confirmed" | "dismissed";
/** How far an alert is, from its review and its reminder. */
export type Stage = ReviewState | "reminding" | "corrected";
export type Ellipse = { semi_major_m: number; semi_minor_m: number; bearing_deg: number };
export type GroundPlace = LonLat & {
  space: "ground";
  covariance_m2: [[number, number], [number, number]];
  ellipse95: Ellipse;
};
/** A place in the frame, 0 to 1 from its top left corner; the source has not been surveyed. */
export type ImagePlace = { space: "image"; x: number; y: number };

/** Why two alerts are one act. */
export type SameAct = { apart_m: number; doubt_m: number; gap_s: number; plate: boolean };

/** The first three are pending, the next two are in the queue, the last two are closed. */
export type ReminderState = "asked" | "delivered" | "undeliverable" | "still_there" | "unreminded" | "corrected" | "gone";

export type FactUnit = "second" | "metre" | "square_metre" | "kilometre_per_hour" | "share" | "count";

export type Alert = {
  id: string;
  revision: number;
  rule: string;
  /** Of a rule from a file. */
  rule_version?: string;
  rule_name?: { zh: string; en: string };
  severity: "trivial" | "minor" | "general" | "serious";
  matter_code?: string;
  legal_basis?: string;
  queue: string;
  source: string;
  source_name: string;
  /** Where it was followed in pictures. */
  track?: number;
  /** Where a vehicle's own terminal told of it. */
  terminal?: string;
  class: string;
  score?: number;
  fence?: {
    id: string;
    name: string;
    name_en: string | null;
    kind: string;
    authority: Authority | null;
    version: string;
    matter_code?: string;
    legal_basis?: string;
  };
  place: GroundPlace | ImagePlace;
  /** A closed ring of [lon, lat]. */
  outline?: [number, number][];
  box?: { x: number; y: number; w: number; h: number };
  probability_inside: number;
  since: Time;
  raised_at: Time;
  last_seen: Time;
  ended_at: Time | null;
  end_reason: null | "left" | "lost" | "source_ended" | "schedule_closed" | "fence_withdrawn" | "cleared";
  dwell_s: number;
  dwell_needed_s: number;
  /** Masked; absent where no plate was read. */
  plate?: {
    text: string;
    confidence: number;
    colour: null | "blue" | "yellow" | "green" | "yellow-green" | "white" | "black";
    looks: number;
  };
  /** `media`: a clip without a known start, whose times count from 1970-01-01. */
  time_basis: "capture" | "receive" | "media";
  /** Where whoever parked is reminded first. */
  reminder?: {
    state: ReminderState;
    wait_s: number;
    wait_undelivered_s?: number;
    clock_from?: Time;
    failure?: string;
    settled_at?: Time;
  };
  /** What other sources told of the same act. */
  also?: { alert: string; source: string; source_name: string; since: Time; because: SameAct }[];
  /** The alert that this one is a part of; it is in nobody's queue. */
  part_of?: string;
  why?: {
    turns: { at: Time; state: string; fence?: string }[];
    facts: { name: string; value: number; unit: FactUnit; limit?: { sense: "at_least" | "at_most"; value: number } }[];
  };
  review: {
    state: ReviewState;
    by: string | null;
    at: Time | null;
    reason: string | null;
    note: string | null;
  };
};

export type EvidenceName =
  | "first_scene.jpg"
  | "first_annotated.jpg"
  | "first_crop.jpg"
  | "last_scene.jpg"
  | "last_annotated.jpg"
  | "last_crop.jpg"
  | "again_scene.jpg"
  | "again_annotated.jpg"
  | "again_crop.jpg"
  | "clip.mp4"
  | "manifest.json";
export type Evidence = {
  name: EvidenceName;
  media_type: string;
  bytes: number;
  sha256: string;
  taken_at: Time | null;
  /** How it was made from what the camera sent. */
  transform?: string;
  state: "ready" | "pending" | "missing";
  detail: string;
};
export type HistoryEntry = {
  at: Time;
  actor: string;
  action: string;
  reason: string | null;
  note: string | null;
};
export type AlertDetail = Alert & { evidence: Evidence[]; history: HistoryEntry[] };

export type Counts = Record<Stage, number>;
export type AlertPage = { items: Alert[]; next: string | null; counts: Counts };

export type DismissReason =
  | "not_a_violation"
  | "wrong_object"
  | "wrong_place"
  | "loading"
  | "emergency"
  | "duplicate"
  | "unclear"
  | "other";
export type Decision = {
  decision: "confirmed" | "dismissed";
  reason: "verified" | DismissReason;
  note: string;
  revision: number;
};
