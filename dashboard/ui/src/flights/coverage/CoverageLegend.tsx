/** What the colours of coverage mean, and what a share is a share of. */
import frame from "../../map/map.module.css";
import { LAYER } from "../colours";
import { useFlightT } from "../words";
import css from "./coverage.module.css";
import type { Of } from "./CoveragePage";
import { SHARE_STEPS } from "./shares";

export function CoverageLegend({ of }: { of: Of }) {
  const t = useFlightT();
  const steps = of === "grid" ? SHARE_STEPS.map(({ key, colour }): [string, string, string] => [colour, `${colour}6b`, t(key)]) : [];
  const areas: [edge: string, fill: string, text: string][] = [
    ...steps,
    [LAYER.looks, of === "grid" ? "transparent" : `${LAYER.looks}44`, t("coverage.seen")],
    [LAYER.gap, `${LAYER.gap}44`, t(of === "grid" ? "coverage.cell_gap" : "coverage.gap")],
  ];
  return (
    <div className={`${frame.legend} ${css.legend}`} data-testid="coverage-legend">
      {of === "grid" && <b>{t("coverage.legend")}</b>}
      <ul>
        {areas.map(([borderColor, background, text]) => (
          <li key={text}>
            <i className={frame.area} style={{ borderColor, background }} />
            {text}
          </li>
        ))}
      </ul>
      {of === "grid" && <p>{t("coverage.definition")}</p>}
    </div>
  );
}
