/** What happens to the files of one upload. Pure: `uploads.ts` does what this says. */

export type UploadState = "waiting" | "sending" | "paused" | "done" | "failed";

export type ProblemCode =
  | "too_large"
  | "quota"
  | "too_many"
  | "disk_full"
  | "bad_name"
  | "name_taken"
  | "unreachable"
  | "signed_out"
  | "forbidden"
  | "gone"
  | "unreadable"
  | "other";
export type Problem = {
  code: ProblemCode;
  status: number;
  /** The server's own words; only `other` shows them. */
  message: string;
};

export type Item = {
  id: number;
  /** Path inside the flight. */
  name: string;
  size: number;
  sent: number;
  state: UploadState;
  /** The connection broke and is being tried again. */
  retrying: boolean;
  problem: Problem | null;
};
export type Queue = readonly Item[];

export type Action =
  | { type: "add"; items: { id: number; name: string; size: number; done?: boolean }[] }
  | { type: "send"; id: number }
  | { type: "progress"; id: number; sent: number }
  | { type: "retrying"; id: number }
  | { type: "done"; id: number }
  | { type: "fail"; id: number; problem: Problem }
  | { type: "pause"; id: number }
  | { type: "resume"; id: number }
  | { type: "remove"; id: number };

/** Two at a time: one waits for the server's disk while the other uses the line. */
const PARALLEL = 2;

export function reduce(queue: Queue, action: Action): Queue {
  switch (action.type) {
    case "add":
      return [...queue, ...action.items.map(fresh)];
    case "remove":
      return queue.filter(({ id }) => id !== action.id);
    default:
      return queue.map((item) => (item.id === action.id ? { ...item, ...step(item, action) } : item));
  }
}

/** Late news of a file that was paused, finished or failed meanwhile changes nothing. */
function step(item: Item, action: Exclude<Action, { type: "add" | "remove" }>): Partial<Item> {
  const sending = item.state === "sending";
  switch (action.type) {
    case "send":
      return item.state === "waiting" ? { state: "sending" } : {};
    case "progress":
      return sending ? { sent: action.sent, retrying: false } : {};
    case "retrying":
      return sending ? { retrying: true } : {};
    case "done":
      return sending ? { state: "done", sent: item.size, retrying: false } : {};
    case "fail":
      return sending ? { state: "failed", problem: action.problem, retrying: false } : {};
    case "pause":
      return sending || item.state === "waiting" ? { state: "paused", retrying: false } : {};
    case "resume":
      return item.state === "paused" || item.state === "failed" ? { state: "waiting", problem: null } : {};
  }
}

function fresh({ id, name, size, done }: { id: number; name: string; size: number; done?: boolean }): Item {
  return { id, name, size, sent: done ? size : 0, state: done ? "done" : "waiting", retrying: false, problem: null };
}

/** Whose turn it is. */
export function nextToSend(queue: Queue): number[] {
  const free = PARALLEL - queue.filter(({ state }) => state === "sending").length;
  return queue.filter(({ state }) => state === "waiting").slice(0, Math.max(0, free)).map(({ id }) => id);
}

export function isBusy(queue: Queue): boolean {
  return queue.some(({ state }) => state === "sending" || state === "waiting");
}

export function allDone(queue: Queue): boolean {
  return queue.length > 0 && queue.every(({ state }) => state === "done");
}
