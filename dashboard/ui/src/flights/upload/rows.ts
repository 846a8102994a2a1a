/** One list of what the server has and what this page is sending. Pure. */
import type { FlightFile } from "../types";
import type { Item, Problem, Queue } from "./queue";

export type Row = {
  key: string;
  name: string;
  size: number;
  sent: number;
  /** `elsewhere`: the server has a part, and this page does not have the file. */
  state: Item["state"] | "elsewhere";
  retrying: boolean;
  problem: Problem | null;
  /** In this page's queue. */
  id: number | null;
  /** At the server. */
  n: number | null;
  duplicate_of: FlightFile["duplicate_of"];
};

export function rows(files: FlightFile[], queue: Queue): Row[] {
  const here = new Map(queue.map((item) => [item.name, item]));
  const known = new Set(files.map(({ name }) => name));
  const both = files.map((file): Row => {
    const item = here.get(file.name);
    const base = { key: file.name, name: file.name, n: file.n, duplicate_of: file.duplicate_of };
    if (item !== undefined && file.state === "uploading") {
      return { ...base, size: item.size, sent: Math.max(item.sent, file.received), state: item.state, retrying: item.retrying, problem: item.problem, id: item.id };
    }
    const state = file.state === "uploading" ? "elsewhere" : file.state === "failed" ? "failed" : "done";
    const problem: Problem | null = state === "failed" ? { code: "other", status: 0, message: file.detail } : null;
    return { ...base, size: file.bytes, sent: file.received, state, retrying: false, problem, id: item?.id ?? null };
  });
  const only = queue
    .filter(({ name }) => !known.has(name))
    .map((item): Row => ({ ...item, key: item.name, n: null, duplicate_of: null }));
  return [...both, ...only];
}

export type Totals = { count: number; done: number; size: number; sent: number };

export function totals(list: Row[]): Totals {
  const sum = { count: list.length, done: 0, size: 0, sent: 0 };
  for (const { state, size, sent } of list) {
    sum.size += size;
    sum.sent += Math.min(sent, size);
    if (state === "done") sum.done += 1;
  }
  return sum;
}
