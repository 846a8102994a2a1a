/** One alert in the list: enough to see whether it is worth opening. */
import { memo } from "react";
import { Link } from "react-router";
import type { Alert } from "../api.types";
import { ALERT_COLOUR } from "../map/colours";
import { dwellSoFar, formats } from "../format";
import { useSettings } from "../settings";
import { StateTag } from "../StateTag";
import { type Filters, writeFilters } from "./filters";
import { Countdown } from "./Countdown";
import { ruleName, whereName } from "./names";
import css from "./queue.module.css";
import { stageOf } from "./stage";
import { Thumbnail } from "./Thumbnail";

type Props = { alert: Alert; filters: Filters; selected: boolean; onHover: (id: string) => void };

export const AlertRow = memo(function AlertRow({ alert, filters, selected, onHover }: Props) {
  const { t, language } = useSettings();
  const { shortTime, duration } = formats(t, language);
  const state = stageOf(alert);
  return (
    <Link
      to={`/alerts/${alert.id}${writeFilters(filters)}`}
      className={`${css.row} ${selected ? css.selected : ""}`}
      style={{ borderLeftColor: ALERT_COLOUR[state] }}
      aria-current={selected}
      data-testid="alert-row"
      data-alert={alert.id}
      data-state={state}
      onMouseEnter={() => onHover(alert.id)}
    >
      <Thumbnail alert={alert} />
      <div className={css.text}>
        <div className={css.line}>
          <b className={css.clip}>
            {ruleName(alert, t, language)} · {t.word("class", alert.class)}
          </b>
          <StateTag colour={ALERT_COLOUR[state]}>{t(`state.${state}`)}</StateTag>
        </div>
        <div className={css.clip}>{whereName(alert, language) || "–"}</div>
        <div className={`${css.clip} ${css.minor}`}>
          {alert.source_name}
          {alert.place.space === "image" && ` · ${t("list.no_place")}`}
        </div>
        {alert.reminder && (
          <div className={`${css.clip} ${css.minor}`}>
            <Countdown alert={alert} />
          </div>
        )}
        <div className={`${css.line} ${css.minor}`}>
          <span className={css.clip}>{shortTime(alert.raised_at, alert.time_basis)}</span>
          <span className={css.dwell}>
            {duration(dwellSoFar(alert))}
            {alert.ended_at === null && <em>{t("list.ongoing")}</em>}
          </span>
        </div>
      </div>
    </Link>
  );
});
