/** What the colours on the map mean; lists only the fence kinds that exist here. */
import { DownOutlined, UpOutlined } from "@ant-design/icons";
import { useState } from "react";
import type { Fences, ReviewState } from "../api.types";
import { useT } from "../settings";
import { ALERT_COLOUR, fenceColour } from "./colours";
import css from "./map.module.css";

const STATES: ReviewState[] = ["open", "confirmed", "dismissed"];

export function Legend({ fences }: { fences: Fences | undefined }) {
  const t = useT();
  const [open, setOpen] = useState(() => window.innerWidth > 768);
  const kinds = [...new Set(fences?.features.map(({ properties }) => properties.kind))];
  const anyInactive = fences?.features.some(({ properties }) => !properties.active);
  return (
    <div className={css.legend}>
      <button type="button" className={css.legendHead} aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("map.legend")} {open ? <DownOutlined /> : <UpOutlined />}
      </button>
      {open && (
        <ul>
          {STATES.map((state) => (
            <li key={state}>
              <i className={css.dot} style={{ background: ALERT_COLOUR[state] }} />
              {t(`state.${state}`)}
            </li>
          ))}
          <li>
            <i className={css.oval} />
            {t("map.ellipse")}
          </li>
          {kinds.map((kind) => (
            <li key={kind}>
              <i className={css.area} style={{ borderColor: fenceColour(kind), background: `${fenceColour(kind)}33` }} />
              {t.word("fence_kind", kind)}
            </li>
          ))}
          {anyInactive && (
            <li>
              <i className={css.area} style={{ borderStyle: "dashed" }} />
              {t("map.inactive")}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}
