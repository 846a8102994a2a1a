/** The moment at which a finding is seen best: nearest to the middle of a picture. Pure. */
import { type Look, passesAt } from "../timeline/looks";
import type { Finding } from "../types";

/** A look stands for its second, so a finding's first frame may lie this far from it. */
const SLACK_MS = 1000;

export function bestMoment(looks: Look[], finding: Finding): number {
  const [first, last] = [Date.parse(finding.first_seen), Date.parse(finding.last_seen)];
  const during = looks.filter(({ ms }) => ms >= first - SLACK_MS && ms <= last + SLACK_MS);
  const best = passesAt(during, [finding.lon, finding.lat])[0]?.best;
  return best === undefined ? first : Math.min(Math.max(best, first), last);
}
