/** Why a file was not taken, from what the server or the browser said. */
import type { Problem } from "./queue";

const BY_CODE: Record<string, Problem["code"]> = {
  too_large: "too_large",
  file_too_large: "too_large",
  quota: "quota",
  quota_exceeded: "quota",
  flight_too_large: "quota",
  disk_full: "disk_full",
};
const BY_STATUS: Record<number, Problem["code"]> = {
  0: "unreachable",
  401: "signed_out",
  403: "forbidden",
  404: "gone",
  410: "gone",
  413: "too_large",
  507: "disk_full",
};

/** The server's code says more than its status, so it wins. */
export function problemOf(status: number, body: string): Problem {
  const { code, message } = refusal(body);
  const known = BY_CODE[code] ?? BY_STATUS[status] ?? "other";
  return { code: known, status, message: message || code || `HTTP ${status}` };
}

/** Trying again soon helps against a bad network and a busy server, and against nothing else. */
export function worthRetrying(status: number): boolean {
  return status === 0 || status === 409 || status === 423 || status === 429 || (status >= 500 && status !== 507);
}

function refusal(body: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; message?: string } };
    return { code: error?.code ?? "", message: error?.message ?? "" };
  } catch {
    return { code: "", message: "" };
  }
}
