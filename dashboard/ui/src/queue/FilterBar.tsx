/** Which alerts are listed: by state, with how many there are, by queue and by source. */
import { useQuery } from "@tanstack/react-query";
import { Button, Segmented, Select } from "antd";
import type { Authority, Counts } from "../api.types";
import { sourcesQuery } from "../queries";
import { useSettings } from "../settings";
import { formats } from "../format";
import type { Filters, StateFilter } from "./filters";
import { queueName } from "./names";
import { total } from "./stage";
import css from "./queue.module.css";

const AUTHORITIES: Authority[] = ["traffic_police", "urban_mgmt"];

type Props = { filters: Filters; counts: Counts | undefined; onChange: (change: Partial<Filters>) => void };

export function FilterBar({ filters, counts, onChange }: Props) {
  const { t, language } = useSettings();
  const { count } = formats(t, language);
  const { data: sources } = useQuery(sourcesQuery);
  const reminds = counts !== undefined && counts.reminding + counts.corrected > 0;
  const tab = (value: StateFilter, label: string, n: number | undefined) => ({
    value,
    label: (
      <span data-testid={`filter-${value}`} data-count={n}>
        {label} <span className={css.count}>{n === undefined ? "–" : count(n)}</span>
      </span>
    ),
  });
  const queues = AUTHORITIES.map((authority) => `parking-${authority}`);
  if (filters.queue && !queues.includes(filters.queue)) queues.push(filters.queue);

  return (
    <div className={css.filters}>
      <Segmented<StateFilter>
        block
        value={filters.state}
        onChange={(state) => onChange({ state })}
        options={[
          tab("open", t("state.open"), counts?.open),
          ...(reminds || filters.state === "reminding" ? [tab("reminding", t("state.reminding"), counts?.reminding)] : []),
          tab("confirmed", t("state.confirmed"), counts?.confirmed),
          tab("dismissed", t("state.dismissed"), counts?.dismissed),
          ...(reminds || filters.state === "corrected" ? [tab("corrected", t("state.corrected"), counts?.corrected)] : []),
          tab("all", t("list.state.all"), counts && total(counts)),
        ]}
      />
      <div className={css.selects}>
        <Select
          size="small"
          value={filters.queue}
          onChange={(queue) => onChange({ queue })}
          aria-label={t("alert.queue")}
          options={[
            { value: "", label: t("list.queue.all") },
            ...queues.map((queue) => ({ value: queue, label: queueName(queue, t) })),
          ]}
        />
        <Select
          size="small"
          value={filters.source}
          onChange={(source) => onChange({ source })}
          aria-label={t("alert.source")}
          options={[
            { value: "", label: t("list.source.all") },
            ...(sources ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
        {(filters.queue || filters.source) && (
          <Button size="small" type="link" onClick={() => onChange({ queue: "", source: "" })}>
            {t("list.clear")}
          </Button>
        )}
      </div>
    </div>
  );
}
