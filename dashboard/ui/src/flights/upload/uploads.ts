/**
 * Sends files to flights by tus, and goes on while the reader visits other pages.
 *
 * Owns the connections and the warning before leaving; what happens to which file is decided in
 * `queue.ts`. A file that the server has in part goes on where it stopped, also after a reload.
 */
import { type DetailedError, Upload } from "tus-js-client";
import { filesUrl, startFlight } from "../api";
import type { FlightFile } from "../types";
import type { Picked } from "./picked";
import { problemOf, worthRetrying } from "./problem";
import { type Action, allDone, isBusy, type Item, nextToSend, type Problem, type Queue, reduce } from "./queue";

/** Small enough that a broken connection costs seconds, large enough that requests cost nothing. */
const CHUNK = 16 * 1024 * 1024;
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000];
/** Progress is told this often; the browser tells it more often than anybody can read. */
const TELL_MS = 250;

/** Time to add what was forgotten, before processing starts by itself. */
const START_MS = 5000;

export type UploadStatus = {
  queue: Queue;
  /** Whether processing starts by itself. */
  auto: boolean;
  /** All is in, and processing starts in a moment. */
  starting: boolean;
  /** Why it did not. */
  startError: unknown;
};

export type Uploads = {
  status: () => UploadStatus;
  subscribe: (listener: () => void) => () => void;
  /** `known`: what the server has of this flight. */
  add: (picked: Picked[], known: FlightFile[]) => void;
  pause: (ids: number[]) => void;
  resume: (ids: number[]) => void;
  remove: (id: number) => Promise<void>;
  setAuto: (auto: boolean) => void;
  start: () => void;
  /** Called when a file is in. */
  onFile: (listener: () => void) => () => void;
};

const open = new Map<number, Uploads>();
let lastId = 0;

/** The uploads of one flight; made when first asked for, kept until the page is left. */
export function uploadsOf(flight: number): Uploads {
  const known = open.get(flight);
  if (known !== undefined) return known;
  const made = makeUploads(flight);
  open.set(flight, made);
  return made;
}

function makeUploads(flight: number): Uploads {
  let status: UploadStatus = { queue: [], auto: true, starting: false, startError: null };
  let timer: number | undefined;
  const listeners = new Set<() => void>();
  const arrivals = new Set<() => void>();
  const files = new Map<number, { picked: Picked; url: string | null; upload: Upload | null; told: number }>();

  /** A file that had stopped goes on; its old handle may have died with its memory card. */
  const chosenAgain = (item: Item | undefined, picked: Picked) => {
    const entry = item && files.get(item.id);
    if (entry === undefined || item?.size !== picked.file.size) return;
    if (item.state !== "paused" && item.state !== "failed") return;
    files.set(item.id, { ...entry, picked, url: entry.upload?.url ?? entry.url, upload: null });
    dispatch({ type: "resume", id: item.id });
  };

  const change = (part: Partial<UploadStatus>) => {
    status = { ...status, ...part };
    for (const listener of listeners) listener();
    guardLeaving();
  };

  const dispatch = (action: Action) => {
    const changed = reduce(status.queue, action);
    const next = nextToSend(changed);
    change({ queue: next.reduce((queue, id) => reduce(queue, { type: "send", id }), changed) });
    for (const id of next) void send(id);
    if (action.type !== "progress" && action.type !== "retrying") plan();
  };

  const plan = () => {
    window.clearTimeout(timer);
    const starting = status.auto && allDone(status.queue);
    if (starting) timer = window.setTimeout(start, START_MS);
    if (starting !== status.starting) change({ starting });
  };

  const start = () => {
    window.clearTimeout(timer);
    change({ starting: false, startError: null });
    startFlight(flight).catch((startError: unknown) => change({ startError }));
  };

  const send = async (id: number) => {
    const entry = files.get(id);
    if (entry === undefined) return;
    entry.upload ??= await prepare(id, entry);
    // It may have been paused while its past was looked up.
    if (status.queue.some((item) => item.id === id && item.state === "sending")) entry.upload.start();
  };

  const prepare = async (id: number, { picked, url }: { picked: Picked; url: string | null }) => {
    const upload = new Upload(picked.file, {
      endpoint: filesUrl(flight),
      chunkSize: CHUNK,
      retryDelays: RETRY_MS,
      metadata: metadata(picked),
      fingerprint: () => Promise.resolve(fingerprint(flight, picked)),
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const again = worthRetrying(explain(error));
        if (again) dispatch({ type: "retrying", id });
        return again;
      },
      onProgress: (sent) => {
        const entry = files.get(id);
        const now = performance.now();
        if (entry === undefined || now - entry.told < TELL_MS) return;
        entry.told = now;
        dispatch({ type: "progress", id, sent });
      },
      onSuccess: () => {
        dispatch({ type: "done", id });
        for (const arrival of arrivals) arrival();
      },
      onError: (error) => {
        const entry = files.get(id);
        // A new attempt gets a new object: this one has used up its retries.
        if (entry !== undefined) files.set(id, { ...entry, url: upload.url, upload: null });
        dispatch({ type: "fail", id, problem: explain(error) });
      },
    });
    const past = await upload.findPreviousUploads().catch(() => []);
    const mine = past.find(({ uploadUrl }) => uploadUrl !== null);
    if (mine !== undefined) upload.resumeFromPreviousUpload(mine);
    else if (url !== null) upload.url = url;
    return upload;
  };

  const uploads: Uploads = {
    status: () => status,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onFile: (listener) => {
      arrivals.add(listener);
      return () => void arrivals.delete(listener);
    },
    add: (picked, known) => {
      const here = new Map(status.queue.map((item) => [item.name, item]));
      for (const again of picked) chosenAgain(here.get(again.path), again);
      const items = picked.filter(({ path }) => !here.has(path)).map(({ file, path }) => {
        const same = known.find(({ name, bytes }) => name === path && bytes === file.size);
        const id = ++lastId;
        const url = same?.state === "uploading" ? `${filesUrl(flight)}/${same.n}` : null;
        files.set(id, { picked: { file, path }, url, upload: null, told: 0 });
        return { id, name: path, size: file.size, done: same !== undefined && url === null };
      });
      dispatch({ type: "add", items });
    },
    pause: (ids) => {
      for (const id of ids) {
        void files.get(id)?.upload?.abort();
        dispatch({ type: "pause", id });
      }
    },
    resume: (ids) => {
      for (const id of ids) dispatch({ type: "resume", id });
    },
    remove: async (id) => {
      const entry = files.get(id);
      files.delete(id);
      dispatch({ type: "remove", id });
      if (entry?.upload) await entry.upload.abort(entry.upload.url !== null);
      else if (entry?.url) await Upload.terminate(entry.url, { retryDelays: null });
    },
    setAuto: (auto) => {
      change({ auto });
      plan();
    },
    start,
  };
  window.addEventListener("online", () => {
    uploads.resume(status.queue.filter(({ problem }) => problem?.code === "unreachable").map(({ id }) => id));
  });
  return uploads;
}

/** Deletes what the server has of a file that this page is not sending. */
export function terminate(flight: number, n: number): Promise<void> {
  return Upload.terminate(`${filesUrl(flight)}/${n}`, { retryDelays: null });
}

function metadata({ file, path }: Picked): Record<string, string> {
  return path === file.name ? { filename: file.name } : { filename: file.name, relativePath: path };
}

/** The same file of the same flight, also after a reload. */
function fingerprint(flight: number, { file, path }: Picked): string {
  return ["xunjian", flight, path, file.size, file.lastModified].join("|");
}

function explain(error: Error | DetailedError): Problem {
  const response = "originalResponse" in error ? error.originalResponse : null;
  const asked = "originalRequest" in error && error.originalRequest !== null;
  // Without a request the browser could not even read the file.
  if (!asked) return { code: "unreadable", status: 0, message: error.message };
  return problemOf(response?.getStatus() ?? 0, response?.getBody() ?? "");
}

const warn = (event: BeforeUnloadEvent) => event.preventDefault();

/** The browser asks before leaving only as long as something would be lost. */
function guardLeaving() {
  const busy = [...open.values()].some((uploads) => isBusy(uploads.status().queue));
  if (busy) window.addEventListener("beforeunload", warn);
  else window.removeEventListener("beforeunload", warn);
}
