/** A finished flight: map and picture side by side, one timeline under both, and the details below. */
import { useQuery } from "@tanstack/react-query";
import { Badge, Grid, Spin, Tabs } from "antd";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Failure } from "../../failure";
import type { Position } from "../../map/datum";
import { mapQuery } from "../../queries";
import type { ColourBy } from "../colours";
import { type Clicked, FlightMap } from "../map/FlightMap";
import { makeModel } from "../model";
import { createClock } from "../timeline/clock";
import { during, passesAt } from "../timeline/looks";
import { Player } from "../timeline/Player";
import { Scrubber } from "../timeline/Scrubber";
import type { FlightFile, FlightReport } from "../types";
import { useFlightT } from "../words";
import { Findings } from "./Findings";
import { bestMoment } from "./moments";
import css from "./report.module.css";
import { Summary } from "./Summary";
import { Warnings } from "./Warnings";

const Plots = lazy(() => import("../plots/Plots"));

type Props = { flight: number; report: FlightReport; files: FlightFile[] };

export function ReportView({ flight, report, files }: Props) {
  const t = useFlightT();
  const setup = useQuery(mapQuery);
  const narrow = Grid.useBreakpoint().md === false;
  const model = useMemo(() => makeModel(report), [report]);
  const { timeline, looks, track } = model;
  const clock = useMemo(() => {
    const made = createClock(timeline.from, timeline.to);
    const first = timeline.segments[0]?.from;
    if (first !== undefined) made.seek(first);
    return made;
  }, [timeline]);
  const [by, setBy] = useState<ColourBy>("alert");
  const [selected, setSelected] = useState<number | null>(null);
  const [clicked, setClicked] = useState<Clicked | null>(null);

  const choose = useCallback(
    (id: number) => {
      const finding = report.findings.find((one) => one.track === id);
      if (finding === undefined) return;
      setSelected(id);
      setClicked(null);
      clock.play(false);
      clock.seek(bestMoment(looks, finding));
    },
    [report, looks, clock],
  );
  const ask = (place: Position | null) => {
    setSelected(null);
    const passes = place === null ? [] : passesAt(looks, place);
    setClicked(place && { place, passes });
    const { at } = clock.now();
    const [first] = passes;
    if (first === undefined || passes.some((pass) => during(pass, at))) return;
    clock.play(false);
    clock.seek(first.best);
  };

  const { findings, warnings } = report;
  const tabs = [
    { key: "findings", label: <Counted label={t("tab.findings")} count={findings.length} />, children: <Findings findings={findings} words={model.words} selected={selected} onSelect={choose} /> },
    { key: "plots", label: t("tab.plots"), children: <Telemetry>{track.length === 0 ? t("plot.none") : <Plots model={model} clock={clock} />}</Telemetry> },
    { key: "warnings", label: <Counted label={t("tab.warnings")} count={warnings.length} alarming />, children: <Warnings warnings={warnings} /> },
    { key: "summary", label: t("tab.summary"), children: <Summary report={report} /> },
  ];
  return (
    <div className={css.report}>
      <section className={css.map}>
        {setup.isError && <Failure error={setup.error} onRetry={() => void setup.refetch()} />}
        {setup.data && (
          <FlightMap
            setup={setup.data}
            model={model}
            clock={clock}
            by={by}
            onColour={setBy}
            selected={selected}
            onFinding={choose}
            clicked={clicked}
            onPlace={ask}
          />
        )}
      </section>
      <Player flight={flight} model={model} files={files} clock={clock} />
      <div className={css.scrubber}>
        <Scrubber model={model} clock={clock} selected={selected} onFinding={choose} />
      </div>
      <Tabs size="small" tabBarGutter={narrow ? 14 : undefined} className={css.tabs} items={tabs} />
    </div>
  );
}

function Counted({ label, count, alarming }: { label: string; count: number; alarming?: boolean }) {
  return (
    <span className={css.counted}>
      {label}
      {count > 0 && <Badge count={count} overflowCount={999} size="small" color={alarming ? "#d99a00" : "#8b95a1"} />}
    </span>
  );
}

function Telemetry({ children }: { children: React.ReactNode }) {
  return <Suspense fallback={<Spin style={{ display: "block", padding: 40 }} />}>{children}</Suspense>;
}
