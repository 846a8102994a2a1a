/** Finds a file of an alert, and says what to show while it is not there. */
import type { AlertDetail, Evidence, EvidenceName } from "../api.types";
import type { Translate } from "../i18n";

export function find(alert: AlertDetail, name: EvidenceName): Evidence | undefined {
  return alert.evidence.find((file) => file.name === name);
}

/** Null when the file can be shown. */
export function whyNot(file: Evidence | undefined, t: Translate): string | null {
  if (file === undefined) return t("evidence.unlisted");
  if (file.state === "ready") return null;
  const state = t(`evidence.state.${file.state}`);
  return file.detail ? t("evidence.why", { state, detail: file.detail }) : state;
}
