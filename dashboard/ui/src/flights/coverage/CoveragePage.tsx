/** What all flights together have seen lately, and which fences still wait for a look. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Segmented } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { Failure } from "../../failure";
import { formats } from "../../format";
import { fencesQuery, mapQuery } from "../../queries";
import { useSettings } from "../../settings";
import { area } from "../figures";
import { Views } from "../list/Views";
import { coverageQuery } from "../queries";
import type { Coverage, CoverageFence } from "../types";
import { useFlightT } from "../words";
import css from "./coverage.module.css";
import { CoverageMap } from "./CoverageMap";
import { FenceTable } from "./FenceTable";

const DAYS = [1, 7, 30, 90, 365];
const DAY_MS = 86_400_000;

export default function CoveragePage() {
  const t = useFlightT();
  const { language } = useSettings();
  const { count, time } = formats(t, language);
  const [search, setSearch] = useSearchParams();
  const asked = Number(search.get("days"));
  const days = DAYS.includes(asked) ? asked : 7;
  const setup = useQuery(mapQuery);
  const coverage = useQuery({ ...coverageQuery(days), placeholderData: (old) => old });
  const [selected, setSelected] = useState<string | null>(null);
  const { data } = coverage;
  const { data: fences } = useQuery(fencesQuery);
  // Coverage names a fence in one language only.
  const nameOf = ({ id, name }: CoverageFence) => {
    const known = fences?.features.find((fence) => fence.id === id)?.properties.name_en;
    return language === "en" && known ? known : name;
  };
  const seen = data?.fences.filter(({ last_seen }) => last_seen !== null).length ?? 0;
  const figures: [string, string][] = data
    ? [
        [t("coverage.area"), area(data.area_m2)],
        [t("coverage.fences_seen"), t("coverage.seen_of", { seen, all: data.fences.length })],
        [t("coverage.looks"), count(data.looks)],
      ]
    : [];
  return (
    <div className={css.page}>
      <header className={css.head}>
        <Views />
        <div className={css.period}>
          {t("coverage.period")}
          <Segmented
            value={days}
            onChange={(to) => setSearch({ days: String(to) }, { replace: true })}
            options={DAYS.map((value) => ({ value, label: value === 1 ? t("coverage.day") : t("coverage.days", { n: value }) }))}
            data-testid="days"
          />
        </div>
        <dl className={css.figures}>
          {figures.map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </header>
      {data && startsLate(data, days) && <Alert banner className={css.late} title={t("coverage.late", { from: time(data.from) })} />}
      <section className={css.map}>
        {setup.isError && <Failure error={setup.error} onRetry={() => void setup.refetch()} />}
        {setup.data && <CoverageMap setup={setup.data} coverage={data} selected={selected} />}
      </section>
      <aside className={css.side}>
        {coverage.isError && data === undefined ? (
          <Failure error={coverage.error} onRetry={() => void coverage.refetch()} />
        ) : (
          <FenceTable fences={data?.fences} nameOf={nameOf} selected={selected} onSelect={setSelected} />
        )}
      </aside>
    </div>
  );
}

/** The server joins only so many looks; then it begins later than it was asked to, and says so. */
function startsLate({ from, to }: Coverage, days: number): boolean {
  return Date.parse(to) - Date.parse(from) < days * DAY_MS - 60_000;
}
