/** One picture of the evidence, or the reason why it is not there. */
import { evidenceUrl } from "../api";
import type { AlertDetail, EvidenceName } from "../api.types";
import { Shown } from "../privacy/Shown";
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
  const absent = (why: string) => (
    <div className={css.absent} data-testid={`${testid}-absent`}>
      {why}
    </div>
  );
  const reason = whyNot(find(alert, name), t);
  if (reason !== null) return absent(reason);
  const present = (picture: React.ReactNode) => (
    <button type="button" className={css.picture} title={t("alert.enlarge")} onClick={() => onEnlarge(name)}>
      {picture}
    </button>
  );
  const label = t(`evidence.${name}`);
  return <Shown url={evidenceUrl(alert.id, name)} alt={label} testid={`${testid}-img`} absent={absent} present={present} />;
}
