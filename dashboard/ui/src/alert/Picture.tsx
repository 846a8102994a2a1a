/** One picture of the evidence, or the reason why it is not there. */
import { useState } from "react";
import { evidenceUrl } from "../api";
import type { AlertDetail, EvidenceName } from "../api.types";
import { useT } from "../settings";
import css from "./alert.module.css";
import { find, whyNot } from "./evidence";

type Props = {
  alert: AlertDetail;
  name: EvidenceName;
  testid: string;
  onEnlarge: (name: EvidenceName) => void;
};

export function Picture({ alert, name, testid, onEnlarge }: Props) {
  const t = useT();
  const [failed, setFailed] = useState<EvidenceName | null>(null);
  const reason = whyNot(find(alert, name), t) ?? (failed === name ? t("evidence.failed") : null);
  if (reason !== null) {
    return (
      <div className={css.absent} data-testid={`${testid}-absent`}>
        {reason}
      </div>
    );
  }
  const label = t(`evidence.${name}`);
  return (
    <button type="button" className={css.picture} title={t("alert.enlarge")} onClick={() => onEnlarge(name)}>
      <img src={evidenceUrl(alert.id, name)} alt={label} onError={() => setFailed(name)} data-testid={`${testid}-img`} />
    </button>
  );
}
