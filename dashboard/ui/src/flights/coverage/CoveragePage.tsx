/** What all flights together have seen lately, and which cells and fences still wait for a look. */
import { DownloadOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Segmented } from "antd";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { Failure } from "../../failure";
import { formats } from "../../format";
import { mapQuery } from "../../queries";
import { useSettings } from "../../settings";
import { coverageUrl } from "../api";
import { area } from "../figures";
import { Views } from "../list/Views";
import { coverageQuery } from "../queries";
import type { Coverage, CoverageFence } from "../types";
import { useFlightT } from "../words";
import css from "./coverage.module.css";
import { CoverageMap } from "./CoverageMap";
import { FenceTable } from "./FenceTable";
import { isUnseen } from "./shares";

const DAYS = [1, 7, 30, 90, 365];
const DAY_MS = 86_400_000;

/** What the page is about: the grid, unless there is none. */
export type Of = "grid" | "fences";

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
  const [onlyUnseen, setOnlyUnseen] = useState(false);
  const { data } = coverage;
  const of: Of = search.get("of") === "fences" || data?.grid.length === 0 ? "fences" : "grid";
  const all = data?.[of];
  const unseen = useMemo(() => all?.filter(isUnseen), [all]);
  const nameOf = ({ name, name_en }: CoverageFence) => (language === "en" && name_en ? name_en : name);
  const put = (key: string, value: string) => {
    search.set(key, value);
    setSearch(search, { replace: true });
  };
  const seenOf = (fences: CoverageFence[]) =>
    t("coverage.seen_of", { seen: fences.filter((fence) => !isUnseen(fence)).length, all: fences.length });
  const figures: [string, string][] = data
    ? [
        [t("coverage.area"), area(data.area_m2)],
        ...(data.grid.length > 0 ? [[t("coverage.cells_seen"), seenOf(data.grid)] as [string, string]] : []),
        [t("coverage.fences_seen"), seenOf(data.fences)],
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
            onChange={(to) => put("days", String(to))}
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
        <Button size="small" icon={<DownloadOutlined />} href={coverageUrl(days)} download data-testid="coverage-download">
          GeoJSON
        </Button>
      </header>
      {data && startsLate(data, days) && <Alert banner className={css.late} title={t("coverage.late", { from: time(data.from) })} />}
      <section className={css.map}>
        {setup.isError && <Failure error={setup.error} onRetry={() => void setup.refetch()} />}
        {setup.data && (
          <CoverageMap setup={setup.data} coverage={data} of={of} nameOf={nameOf} selected={selected} onSelect={setSelected} />
        )}
      </section>
      <aside className={css.side}>
        {data && all && (
          <div className={css.tools}>
            {data.grid.length > 0 && (
              <Segmented
                size="small"
                value={of}
                onChange={(to) => put("of", to)}
                options={[
                  { value: "grid" as const, label: t("coverage.of_grid", { n: data.grid.length }) },
                  { value: "fences" as const, label: t("coverage.of_fences", { n: data.fences.length }) },
                ]}
                data-testid="coverage-of"
              />
            )}
            {all.length > 0 && (
              <Checkbox checked={onlyUnseen} onChange={({ target }) => setOnlyUnseen(target.checked)} data-testid="only-unseen">
                {t("coverage.only_unseen", { n: unseen?.length ?? 0 })}
              </Checkbox>
            )}
          </div>
        )}
        {coverage.isError && data === undefined ? (
          <Failure error={coverage.error} onRetry={() => void coverage.refetch()} />
        ) : onlyUnseen && all !== undefined && all.length > 0 && unseen?.length === 0 ? (
          <p className={css.allSeen}>{t("coverage.all_seen")}</p>
        ) : (
          <FenceTable fences={onlyUnseen ? unseen : all} nameOf={nameOf} selected={selected} onSelect={setSelected} />
        )}
      </aside>
    </div>
  );
}

/** The server joins only so many looks; then it begins later than it was asked to, and says so. */
function startsLate({ from, to }: Coverage, days: number): boolean {
  return Date.parse(to) - Date.parse(from) < days * DAY_MS - 60_000;
}
