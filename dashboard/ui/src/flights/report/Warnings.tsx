/** What the reader of a flight should know, in words; the server's own detail stands below. */
import { InfoCircleFilled, WarningFilled } from "@ant-design/icons";
import { Empty } from "antd";
import type { FlightWarning, WarningCode } from "../types";
import { useFlightT } from "../words";
import { groupWarnings } from "./groupWarnings";
import css from "./report.module.css";

/** These cost results or accuracy; the others are only good to know. */
const SERIOUS: ReadonlySet<WarningCode> = new Set<WarningCode>([
  "unreadable",
  "truncated",
  "no_attitude",
  "no_height",
  "no_lens",
  "no_telemetry",
  "other_telemetry",
  "rtk_lost",
  "yaw_disagrees",
]);
/** More files than this are folded away. */
const SHOWN = 3;

export function Warnings({ warnings }: { warnings: FlightWarning[] }) {
  const t = useFlightT();
  if (warnings.length === 0) {
    return (
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        description={
          <>
            <b>{t("warning.none")}</b>
            <br />
            {t("warning.none_hint")}
          </>
        }
      />
    );
  }
  return (
    <ul className={css.warnings} data-testid="warnings">
      {groupWarnings(warnings, SERIOUS).map(({ code, count, entries, serious }) => (
        <li key={code} data-code={code}>
          {serious ? <WarningFilled className={css.serious} /> : <InfoCircleFilled className={css.mild} />}
          <div className={css.warning}>
            <b>{t.word("warning", code)}</b> {count > 1 && <span className={css.minor}>{t("warning.times", { n: count })}</span>}
            <div>{t.word("warning", `${code}_hint`)}</div>
            <Entries entries={entries.slice(0, SHOWN)} />
            {entries.length > SHOWN && (
              <details>
                <summary>+{entries.length - SHOWN}</summary>
                <Entries entries={entries.slice(SHOWN)} />
              </details>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

function Entries({ entries }: { entries: FlightWarning[] }) {
  const t = useFlightT();
  return entries.map(({ file, detail, count }) => (
    <div key={`${file}${detail}`} className={css.minor}>
      {file || t("warning.whole")}
      {count > 1 && ` (${t("warning.times", { n: count })})`}
      {detail && <span lang="en"> · {detail}</span>}
    </div>
  ));
}
