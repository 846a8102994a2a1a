/** The timeline of a flight: play, choose a file, drag through time. Its keys work everywhere on the page. */
import { CaretRightOutlined, PauseOutlined, StepBackwardOutlined, StepForwardOutlined } from "@ant-design/icons";
import { Button, Select, Space, Tooltip } from "antd";
import { useMemo } from "react";
import { useKeys } from "../../useKeys";
import { baseName } from "../figures";
import type { FlightModel } from "../model";
import { useFlightT } from "../words";
import { Bar } from "./Bar";
import { type Clock, useMoment } from "./clock";
import { neighbour, showing } from "./timeline";
import css from "./timeline.module.css";
import { togglePlay } from "./usePlayback";

const RATES = [0.5, 1, 2, 4, 8];
/** What video is recorded at, for a file that counts no frames. */
const USUAL_FPS = 30;

type Props = { model: FlightModel; clock: Clock; selected: number | null; onFinding: (track: number) => void };

export function Scrubber({ model, clock, selected, onFinding }: Props) {
  const t = useFlightT();
  const { timeline, report, words } = model;
  const playing = useMoment(clock, (moment) => moment.playing);
  const rate = useMoment(clock, (moment) => moment.rate);
  const shown = useMoment(clock, ({ at }) => showing(timeline, at));
  const toggle = () => togglePlay(clock, timeline);
  const step = (ms: number) => {
    clock.play(false);
    clock.seek(clock.now().at + ms);
  };
  const media = shown && report.media[shown.media];
  const fps = media && media.frames > 1 && media.duration_s > 0 ? media.frames / media.duration_s : USUAL_FPS;
  const frame = 1000 / fps;
  useKeys({
    " ": toggle,
    ArrowLeft: () => step(-1000),
    ArrowRight: () => step(1000),
    ",": () => step(-frame),
    ".": () => step(frame),
  });
  const files = useMemo(
    () => timeline.segments.map(({ media: value, name, from }) => ({ value, label: baseName(name), from, title: `${name} · ${words.clock(from)}` })),
    [timeline, words],
  );
  const [before, after] = [neighbour(timeline, shown, -1), neighbour(timeline, shown, 1)];
  const playLabel = t(playing ? "player.pause" : "player.play");
  return (
    <div className={css.scrubber}>
      <div className={css.transport}>
        <Tooltip title={playLabel}>
          <Button
            type="primary"
            shape="circle"
            icon={playing ? <PauseOutlined /> : <CaretRightOutlined />}
            aria-label={playLabel}
            onClick={toggle}
            data-testid="play"
          />
        </Tooltip>
        <Now model={model} clock={clock} />
        <Select
          size="small"
          variant="filled"
          value={rate}
          onChange={clock.speed}
          options={RATES.map((value) => ({ value, label: `${value}×` }))}
          aria-label={t("player.speed")}
          popupMatchSelectWidth={false}
        />
        <span className={css.keys}>{t("player.keys")}</span>
        {timeline.segments.length > 0 && (
          <Space.Compact size="small" className={css.files}>
            <Button icon={<StepBackwardOutlined />} disabled={before === undefined} aria-label={t("player.previous")} onClick={() => before && clock.seek(before.from)} />
            <Select
              className={css.file}
              showSearch={{ optionFilterProp: "label" }}
              value={shown?.media}
              options={files}
              onSelect={(_value, option) => clock.seek(option.from)}
              aria-label={t("player.file")}
              popupMatchSelectWidth={false}
              data-testid="media-select"
            />
            <Button icon={<StepForwardOutlined />} disabled={after === undefined} aria-label={t("player.next")} onClick={() => after && clock.seek(after.from)} />
          </Space.Compact>
        )}
      </div>
      <Bar model={model} clock={clock} selected={selected} onFinding={onFinding} />
    </div>
  );
}

function Now({ model: { words }, clock }: { model: FlightModel; clock: Clock }) {
  const now = useMoment(clock, ({ at }) => words.fine(at));
  return (
    <output className={css.now} data-testid="now">
      {now}
    </output>
  );
}
