/** The line of time itself: files, when each finding was in view, and where we are. */
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { colourOf, groupOf } from "../colours";
import type { FlightModel } from "../model";
import { useFlightT } from "../words";
import { type Clock, useMoment } from "./clock";
import css from "./timeline.module.css";

type Props = { model: FlightModel; clock: Clock; selected: number | null; onFinding: (track: number) => void };

export function Bar({ model, clock, selected, onFinding }: Props) {
  const t = useFlightT();
  const { timeline, words } = model;
  const { from, to } = timeline;
  const bar = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<number | null>(null);
  const share = (at: number) => (to <= from ? 0 : Math.min(1, Math.max(0, (at - from) / (to - from))));
  const timeAt = ({ clientX }: PointerEvent) => {
    const { left, width } = bar.current?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return from + Math.min(1, Math.max(0, (clientX - left) / width)) * (to - from);
  };
  const press = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    clock.play(false);
    clock.seek(timeAt(event));
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    setHover(share(timeAt(event)));
    if (event.buttons & 1) clock.seek(timeAt(event));
  };
  useEffect(() => {
    const tell = () => {
      const { at } = clock.now();
      bar.current?.setAttribute("aria-valuenow", String(Math.round((at - from) / 1000)));
      bar.current?.setAttribute("aria-valuetext", words.clock(at));
    };
    tell();
    return clock.subscribe(tell);
  }, [clock, from, words]);
  const percent = (part: number) => `${(part * 100).toFixed(3)}%`;
  const parts = useMemo(
    () =>
      timeline.segments.map(({ media, kind, name, from: start, to: end }) => (
        <i
          key={media}
          title={name}
          className={kind === "video" ? css.segment : css.tick}
          style={{ left: percent(share(start)), width: kind === "video" ? percent(share(end) - share(start)) : undefined }}
        />
      )),
    [timeline],
  );
  return (
    <div className={css.barBox}>
      <div
        ref={bar}
        className={css.bar}
        onPointerDown={press}
        onPointerMove={move}
        onPointerLeave={() => setHover(null)}
        role="slider"
        tabIndex={0}
        aria-label={t("player.scrub")}
        aria-valuemin={0}
        aria-valuemax={Math.round((to - from) / 1000)}
        data-testid="scrub-bar"
      >
        {parts}
        <Head clock={clock} share={share} />
        {hover !== null && (
          <span className={css.hover} style={{ left: percent(hover) }}>
            {words.clock(from + hover * (to - from))}
          </span>
        )}
      </div>
      <Lanes model={model} share={share} selected={selected} onFinding={onFinding} />
      <div className={css.ends}>
        <span>{words.clock(from)}</span>
        <span>{words.clock(to)}</span>
      </div>
    </div>
  );
}

function Head({ clock, share }: { clock: Clock; share: (at: number) => number }) {
  const left = useMoment(clock, ({ at }) => `${(share(at) * 100).toFixed(2)}%`);
  return <b className={css.playhead} style={{ left }} />;
}

/** When each finding was seen; those that raised an alert lie on top. */
function Lanes({ model, share, selected, onFinding }: Omit<Props, "clock"> & { share: (at: number) => number }) {
  const t = useFlightT();
  const { report, words } = model;
  const findings = useMemo(() => [...report.findings].sort((a, b) => a.alerts.length - b.alerts.length), [report]);
  return (
    <div className={css.lane}>
      {findings.map((finding) => {
        const [start, end] = [Date.parse(finding.first_seen), Date.parse(finding.last_seen)];
        return (
          <i
            key={finding.track}
            className={finding.track === selected ? `${css.mark} ${css.marked}` : css.mark}
            style={{
              left: `${share(start) * 100}%`,
              width: `${(share(end) - share(start)) * 100}%`,
              background: colourOf(groupOf(finding, "alert")),
            }}
            title={`${t.word("class", finding.class)} ${words.clock(start)}–${words.clock(end)}`}
            onClick={() => onFinding(finding.track)}
          />
        );
      })}
    </div>
  );
}
