/**
 * The one place that talks to the server.
 *
 * Every failure becomes an `ApiError`; nothing past this file sees a status code's meaning or a
 * `fetch` rejection other than an abort.
 */
import type {
  AlertDetail,
  AlertPage,
  Decision,
  EvidenceName,
  Fences,
  MapSetup,
  Session,
  Source,
} from "./api.types";

/** What the server answered, or `unreachable` when it did not answer at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
  }
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.code !== "bad_credentials";
}

/** Null when nobody is signed in. */
export async function getSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await request<Session>("GET", "/api/session", undefined, signal);
  } catch (error) {
    if (isSignedOut(error)) return null;
    throw error;
  }
}

export function login(name: string, password: string): Promise<Pick<Session, "user">> {
  return request("POST", "/api/login", { name, password });
}

export function logout(): Promise<void> {
  return request("POST", "/api/logout", {});
}

export function getMapSetup(signal?: AbortSignal): Promise<MapSetup> {
  return request("GET", "/api/map", undefined, signal);
}

export function getSources(signal?: AbortSignal): Promise<Source[]> {
  return request("GET", "/api/sources", undefined, signal);
}

export function getFences(signal?: AbortSignal): Promise<Fences> {
  return request("GET", "/api/fences", undefined, signal);
}

export type AlertQuery = { state?: string; queue?: string; source?: string };

export function getAlerts(
  query: AlertQuery,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<AlertPage> {
  const search = new URLSearchParams({ limit: "50" });
  for (const [key, value] of Object.entries(query)) if (value) search.set(key, value);
  if (cursor !== null) search.set("cursor", cursor);
  return request("GET", `/api/alerts?${search.toString()}`, undefined, signal);
}

export function getAlert(id: string, signal?: AbortSignal): Promise<AlertDetail> {
  return request("GET", `/api/alerts/${encodeURIComponent(id)}`, undefined, signal);
}

export function decide(id: string, decision: Decision): Promise<AlertDetail> {
  return request("POST", `/api/alerts/${encodeURIComponent(id)}/decision`, decision);
}

/** Says that a part of another alert is an act of its own. */
export function separate(id: string): Promise<AlertDetail> {
  return request("POST", `/api/alerts/${encodeURIComponent(id)}/separate`, {});
}

export function evidenceUrl(id: string, name: EvidenceName): string {
  return `/api/alerts/${encodeURIComponent(id)}/evidence/${name}`;
}

export function openEvents(): EventSource {
  return new EventSource("/api/events");
}

/** For the files that speak for one part of the API, such as `flights/api.ts`. */
export async function request<T>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (signal) init.signal = signal;
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("unreachable", 0, String(error));
  }
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** For those who ask by themselves. */
export async function refusal(response: Response): Promise<ApiError> {
  const fallback = new ApiError("unexpected", response.status, response.statusText);
  try {
    const { error } = (await response.json()) as { error?: { code?: string; message?: string } };
    if (!error?.code) return fallback;
    return new ApiError(error.code, response.status, error.message ?? "");
  } catch {
    // A proxy in between answers HTML; its status line is all there is to say.
    return fallback;
  }
}
