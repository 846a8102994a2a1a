/** What is drawn on the map of a flight, and by what its findings are coloured. */
import { DownOutlined, UpOutlined } from "@ant-design/icons";
import { Select } from "antd";
import { useState } from "react";
import frame from "../../map/map.module.css";
import { type ColourBy, colourOf, groupOf, LAYER } from "../colours";
import type { Finding } from "../types";
import { type FlightTranslate, useFlightT } from "../words";
import css from "./flightmap.module.css";

type Props = { findings: Finding[]; route: boolean; by: ColourBy; onColour: (by: ColourBy) => void };

export function FlightLegend({ findings, route, by, onColour }: Props) {
  const t = useFlightT();
  const [open, setOpen] = useState(() => window.innerWidth > 768);
  const groups = [...new Set(findings.map((finding) => groupOf(finding, by)))];
  return (
    <div className={`${frame.legend} ${css.legend}`}>
      <button type="button" className={frame.legendHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("map.legend")} {open ? <DownOutlined /> : <UpOutlined />}
      </button>
      {open && (
        <ul>
          <li>
            <i className={css.line} style={{ borderColor: LAYER.track }} />
            {t("layer.track")}
          </li>
          {route && (
            <li>
              <i className={css.line} style={{ borderColor: LAYER.route, borderTopStyle: "dashed" }} />
              {t("layer.route")}
            </li>
          )}
          <li>
            <i className={frame.area} style={{ borderColor: `${LAYER.looks}88`, background: `${LAYER.looks}22` }} />
            {t("layer.looks")}
          </li>
          <li>
            <i className={frame.area} style={{ borderColor: LAYER.now, background: `${LAYER.now}33` }} />
            {t("layer.now")}
          </li>
          {findings.length > 0 && (
            <>
              <li>
                <i className={frame.oval} style={{ borderColor: "currentColor", background: "none" }} />
                {t("layer.ellipse")}
              </li>
              <li className={css.colour}>
                {t("colour.by")}
                <Select<ColourBy>
                  size="small"
                  variant="filled"
                  value={by}
                  onChange={onColour}
                  aria-label={t("colour.by")}
                  popupMatchSelectWidth={false}
                  options={(["alert", "motion", "class"] as const).map((value) => ({ value, label: t(`colour.${value}`) }))}
                />
              </li>
              {groups.map((group) => (
                <li key={group}>
                  <i className={frame.dot} style={{ background: colourOf(group) }} />
                  {groupName(group, t)}
                </li>
              ))}
            </>
          )}
        </ul>
      )}
    </div>
  );
}

function groupName(group: string, t: FlightTranslate): string {
  if (group === "alerted" || group === "quiet") return t(`colour.${group}`);
  if (group === "standing" || group === "moving" || group === "unknown") return t(`motion.${group}`);
  return t.word("class", group);
}
