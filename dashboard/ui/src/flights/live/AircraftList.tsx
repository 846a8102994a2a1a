/** Every aircraft with what it says of itself; those in the air come first. */
import { Empty, Skeleton } from "antd";
import { duration, formats } from "../../format";
import { useSettings } from "../../settings";
import { StateTag } from "../../StateTag";
import type { AircraftNow } from "../types";
import { type FlightTranslate, useFlightT } from "../words";
import css from "./live.module.css";
import { COLOUR, stateOf, upFirst } from "./state";

type Props = { aircraft: AircraftNow[] | undefined; selected: string | null; onSelect: (serial: string) => void };

export function AircraftList({ aircraft, selected, onSelect }: Props) {
  const t = useFlightT();
  if (aircraft === undefined) return <Skeleton active className={css.loading} paragraph={{ rows: 6 }} />;
  if (aircraft.length === 0) {
    return (
      <Empty
        image={Empty.PRESENTED_IMAGE_SIMPLE}
        className={css.empty}
        data-testid="aircraft-empty"
        description={
          <>
            <b>{t("live.none")}</b>
            <br />
            {t("live.none_hint")}
          </>
        }
      />
    );
  }
  return (
    <ul className={css.list} data-testid="aircraft">
      {[...aircraft].sort(upFirst).map((one) => (
        <Row key={one.serial} one={one} selected={one.serial === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

function Row({ one, selected, onSelect }: { one: AircraftNow; selected: boolean; onSelect: (serial: string) => void }) {
  const t = useFlightT();
  const { language } = useSettings();
  const { time } = formats(t, language);
  const { serial, model, age_s, heard_at, lon } = one;
  const state = stateOf(one);
  return (
    <li className={selected ? `${css.row} ${css.chosen}` : css.row} data-serial={serial} data-state={state}>
      <button type="button" className={css.name} onClick={() => onSelect(serial)} aria-pressed={selected}>
        <b>{model ?? serial}</b>
        <StateTag colour={COLOUR[state]}>{t(`live.${state}`)}</StateTag>
      </button>
      <div className={css.minor} title={t("live.heard_at", { at: time(heard_at) })}>
        {model !== null && <span>{serial}</span>}
        <span data-testid="heard">{t("live.heard", { age: duration(Math.floor(age_s), t) })}</span>
        {lon === null && <span>{t("live.nowhere")}</span>}
      </div>
      <dl className={css.figures}>
        {figures(one, t).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function figures({ height_m, speed_mps, fix, battery_percent, gimbal }: AircraftNow, t: FlightTranslate): [string, string][] {
  const known = (value: number | null | undefined, digits: number, unit: string) =>
    value == null ? "–" : `${value.toFixed(digits)} ${unit}`;
  return [
    [t("live.height"), known(height_m, 1, "m")],
    [t("live.speed"), known(speed_mps, 1, "m/s")],
    [t("live.pitch"), known(gimbal?.pitch_deg, 0, "°")],
    [t("live.fix"), t(`fix.${fix}`)],
    [t("live.battery"), known(battery_percent, 0, "%")],
  ];
}
