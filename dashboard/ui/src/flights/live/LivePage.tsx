/** The aircraft that are heard right now: where each is, and how it is. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Failure } from "../../failure";
import { mapQuery } from "../../queries";
import { Views } from "../list/Views";
import { aircraftQuery } from "../queries";
import { useFlightT } from "../words";
import { AircraftList } from "./AircraftList";
import css from "./live.module.css";
import { LiveMap } from "./LiveMap";

export default function LivePage() {
  const t = useFlightT();
  const setup = useQuery(mapQuery);
  const heard = useQuery(aircraftQuery);
  const [selected, setSelected] = useState<string | null>(null);
  const all = heard.data ?? [];
  const online = all.filter((one) => one.online);
  const figures = { all: all.length, online: online.length, flying: online.filter(({ flying }) => flying === true).length };
  return (
    <div className={css.page}>
      <header className={css.head}>
        <Views />
        {all.length > 0 && <span data-testid="aircraft-count">{t("live.count", figures)}</span>}
      </header>
      <section className={css.map}>
        {setup.isError && <Failure error={setup.error} onRetry={() => void setup.refetch()} />}
        {setup.data && <LiveMap setup={setup.data} aircraft={heard.data} selected={selected} onSelect={setSelected} />}
      </section>
      <aside className={css.side}>
        {heard.isError && heard.data === undefined ? (
          <Failure error={heard.error} onRetry={() => void heard.refetch()} />
        ) : (
          <AircraftList aircraft={heard.data} selected={selected} onSelect={setSelected} />
        )}
      </aside>
    </div>
  );
}
