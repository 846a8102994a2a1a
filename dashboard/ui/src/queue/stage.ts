/** How far an alert is: what a person decided, and before that, what became of its reminder. */
import type { Alert, Counts, Stage } from "../api.types";

export function stageOf({ review, reminder }: Pick<Alert, "review" | "reminder">): Stage {
  if (review.state !== "open" || reminder === undefined) return review.state;
  switch (reminder.state) {
    case "still_there":
    case "unreminded":
      return "open";
    case "corrected":
    case "gone":
      return "corrected";
    default:
      return "reminding";
  }
}

/** Milliseconds until the time to drive off is up; null while no clock runs. */
export function remaining({ reminder }: Pick<Alert, "reminder">, now: number): number | null {
  if (!reminder?.clock_from) return null;
  if (reminder.state !== "delivered" && reminder.state !== "undeliverable") return null;
  const wait = reminder.state === "delivered" ? reminder.wait_s : (reminder.wait_undelivered_s ?? reminder.wait_s);
  return Math.max(0, Date.parse(reminder.clock_from) + wait * 1000 - now);
}

export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0);
}
