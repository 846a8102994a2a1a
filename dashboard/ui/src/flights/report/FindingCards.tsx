/** The findings on a phone, where a table of eight columns has no room. */
import { degrees, metres } from "../../format";
import { StateTag } from "../../StateTag";
import { colourOf } from "../colours";
import type { TimeWords } from "../timeline/timeWords";
import type { Finding } from "../types";
import { useFlightT } from "../words";
import { AlertLinks } from "./AlertLinks";
import css from "./report.module.css";

type Props = { findings: Finding[]; words: TimeWords; selected: number | null; onSelect: (track: number) => void };

export function FindingCards({ findings, words, selected, onSelect }: Props) {
  return (
    <ul className={css.findingCards} data-testid="findings">
      {findings.map((finding) => (
        <FindingCard key={finding.track} finding={finding} words={words} selected={finding.track === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

type CardProps = { finding: Finding; words: TimeWords; selected: boolean; onSelect: (track: number) => void };

function FindingCard({ finding, words, selected, onSelect }: CardProps) {
  const t = useFlightT();
  const { track, class: kind, lon, lat, ellipse95, first_seen, last_seen, passes, sightings, motion, alerts } = finding;
  const clock = (time: string) => words.clock(Date.parse(time));
  const error = t("finding.ellipse_value", { major: metres(ellipse95.semi_major_m), minor: metres(ellipse95.semi_minor_m) });
  return (
    <li className={selected ? `${css.findingCard} ${css.chosen}` : css.findingCard} onClick={() => onSelect(track)}>
      <div className={css.findingHead}>
        <button type="button" className={css.name}>
          <i style={{ background: colourOf(alerts.length > 0 ? "alerted" : "quiet") }} />
          {t.word("class", kind)}
        </button>
        <span>
          <AlertLinks ids={alerts} />
          <StateTag colour={colourOf(motion)}>{t(`motion.${motion}`)}</StateTag>
        </span>
      </div>
      <div className={css.minor}>
        {clock(first_seen)}–{clock(last_seen)} · {t("finding.passes")} {passes} ({sightings}) · {t("finding.ellipse")} {error}
      </div>
      <div className={css.minor}>
        {degrees(lon)}, {degrees(lat)}
      </div>
    </li>
  );
}
