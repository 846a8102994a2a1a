/** Why a file was not taken, from what the server or the browser said. */
import type { Problem, ProblemCode } from "./queue";

const BY_CODE: Record<string, ProblemCode> = {
  too_large: "too_large",
  flight_too_large: "quota",
  too_many_files: "too_many",
  disk_full: "disk_full",
  bad_name: "bad_name",
  name_taken: "name_taken",
  flight_busy: "gone",
};
const BY_STATUS: Record<number, ProblemCode> = {
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
export function worthRetrying({ code, status }: Problem): boolean {
  if (code !== "other") return code === "unreachable";
  return status === 409 || status === 423 || status === 429 || status >= 500;
}

function refusal(body: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(body) as { error?: { code?: string; message?: string } };
    return { code: error?.code ?? "", message: error?.message ?? "" };
  } catch {
    return { code: "", message: "" };
  }
}
