/** The seconds that saw the place somebody clicked; each is a jump. */
import { CloseOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { duration } from "../../format";
import { type Clock, useMoment } from "../timeline/clock";
import { during, type Pass } from "../timeline/looks";
import type { TimeWords } from "../timeline/timeWords";
import { gsd } from "../figures";
import { useFlightT } from "../words";
import css from "./flightmap.module.css";

type Props = { passes: Pass[]; words: TimeWords; clock: Clock; nameOf: (media: number) => string; onClose: () => void };

export function PlacePasses({ passes, words, clock, nameOf, onClose }: Props) {
  const t = useFlightT();
  const shown = useMoment(clock, ({ at }) => passes.find((pass) => during(pass, at)));
  const jump = (pass: Pass) => {
    clock.play(false);
    clock.seek(pass.best);
  };
  return (
    <div className={css.passes} data-testid="place-passes" data-count={passes.length}>
      <div className={css.passesHead}>
        <b>{t(passes.length > 0 ? "place.title" : "place.none")}</b>
        {passes.length > 0 && <span className={css.minor}>{t("place.count", { n: passes.length })}</span>}
        <Button type="text" size="small" icon={<CloseOutlined />} aria-label={t("place.close")} onClick={onClose} />
      </div>
      {passes.length > 0 && (
        <ul>
          {passes.map((pass) => (
            <li key={pass.from}>
              <button type="button" aria-current={pass === shown} onClick={() => jump(pass)} data-testid="place-pass">
                {/* A look stands for its second, so a pass of one look lasted about one. */}
                <span>{t("place.pass", { from: words.clock(pass.from), duration: duration((pass.to - pass.from) / 1000 + 1, t) })}</span>
                <span className={css.minor}>
                  {t("place.gsd", { gsd: gsd(pass.gsd_cm) })} · {nameOf(pass.media)}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
