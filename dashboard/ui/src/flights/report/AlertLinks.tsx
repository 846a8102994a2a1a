/** The alerts of a finding; a click on one must not select the finding's row. */
import { Link } from "react-router";
import { useFlightT } from "../words";
import css from "./report.module.css";

export function AlertLinks({ ids }: { ids: string[] }) {
  const t = useFlightT();
  return ids.map((id, index) => (
    <Link key={id} to={`/alerts/${id}`} className={css.alert} onClick={(event) => event.stopPropagation()}>
      {t("finding.alert")}
      {ids.length > 1 && ` ${index + 1}`}
    </Link>
  ));
}
