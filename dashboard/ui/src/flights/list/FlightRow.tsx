/** One flight of the list: its state, how far it is, and its figures. */
import { Progress } from "antd";
import { Link } from "react-router";
import { duration, formats } from "../../format";
import { useSettings } from "../../settings";
import { StateTag } from "../../StateTag";
import { FLIGHT_COLOUR } from "../colours";
import { fileSize, ratio } from "../figures";
import type { Flight } from "../types";
import { useFlightT } from "../words";
import { figuresOf } from "./figuresOf";
import css from "./list.module.css";

export function FlightRow({ flight }: { flight: Flight }) {
  const { language } = useSettings();
  const t = useFlightT();
  const { time } = formats(t, language);
  const { id, name, state, detail, summary } = flight;
  const flown = summary?.started_at;
  const by = flight.created_by;
  const when = flown ? t("figure.flown", { by, at: time(flown) }) : t("figure.uploaded", { by, at: time(flight.created_at) });
  return (
    <li>
      <Link to={`/flights/${id}`} className={css.row} data-testid="flight-row" data-flight={id} data-state={state}>
        <div className={css.head}>
          <span className={css.title}>{name || t("coverage.flight", { id })}</span>
          <StateTag colour={FLIGHT_COLOUR[state]}>{t(`flight_state.${state}`)}</StateTag>
        </div>
        <div className={css.minor}>
          {when} · {t("figure.files", { n: flight.files, size: fileSize(flight.bytes) })}
        </div>
        {summary && (
          <dl className={css.figures}>
            {figuresOf(summary, t).map(([label, value, strong]) => (
              <div key={label} className={strong ? css.strong : undefined}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        {state === "failed" && <div className={css.reason}>{detail || t("flight.no_reason")}</div>}
        {(state === "uploading" || state === "processing") && <Advance flight={flight} />}
      </Link>
    </li>
  );
}

function Advance({ flight }: { flight: Flight }) {
  const t = useFlightT();
  const { state, progress, eta_s, received, bytes, detail } = flight;
  const share = state === "uploading" ? ratio(received, bytes) : (progress ?? 0);
  const told = state === "uploading" ? `${fileSize(received)} / ${fileSize(bytes)}` : detail;
  return (
    <div className={css.advance}>
      <Progress percent={Math.floor(share * 1000) / 10} size="small" status={state === "processing" ? "active" : "normal"} />
      <span className={css.minor}>
        {[told, eta_s === null ? "" : t("figure.eta", { eta: duration(Math.ceil(eta_s), t) })].filter(Boolean).join(" · ")}
      </span>
    </div>
  );
}
