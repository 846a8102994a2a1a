/** What a dock left for a flight in an object store, and why some of it is not here yet. */
import { ReloadOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { explain } from "../failure";
import { formats } from "../format";
import { useSettings } from "../settings";
import { fetchFlight } from "./api";
import css from "./flight.module.css";
import { flightKey } from "./keys";
import type { FlightDetail, FlightObject } from "./types";
import upload from "./upload/upload.module.css";
import { useFlightT } from "./words";

export function Awaited({ flight, mayChange }: { flight: FlightDetail; mayChange: boolean }) {
  const t = useFlightT();
  const client = useQueryClient();
  const { message } = App.useApp();
  const again = useMutation({
    mutationFn: () => fetchFlight(flight.id),
    onSuccess: (changed) => client.setQueryData(flightKey(flight.id), changed),
    onError: (error) => void message.error(explain(error, t)),
  });
  const { objects, state } = flight;
  if (objects.length === 0) return null;
  const missing = objects.filter((object) => object.state !== "fetched");
  const done = objects.length - missing.length;
  const late = missing.some(({ tries }) => tries > 0);
  return (
    <section className={`${upload.box} ${css.awaited}`} data-testid="objects" data-missing={missing.length}>
      <header className={upload.head}>
        <b>{t("objects.title")}</b>
        <span className={css.minor}>{t("objects.count", { done, all: objects.length })}</span>
        {late && mayChange && state === "uploading" && (
          <Button size="small" icon={<ReloadOutlined />} loading={again.isPending} onClick={() => again.mutate()} data-testid="fetch-again">
            {t("objects.again")}
          </Button>
        )}
      </header>
      {missing.length > 0 && (
        <ul className={css.missing}>
          {missing.map((object) => (
            <Missing key={object.object_key} object={object} />
          ))}
        </ul>
      )}
      <div className={css.minor}>{t(missing.some((object) => object.state === "failed") ? "objects.failed_hint" : "objects.hint")}</div>
    </section>
  );
}

function Missing({ object }: { object: FlightObject }) {
  const t = useFlightT();
  const { language } = useSettings();
  const { shortTime } = formats(t, language);
  const { name, object_key, state, tries, due_at, detail } = object;
  const when = state === "waiting" && tries > 0 ? t("objects.tried", { n: tries, at: shortTime(due_at) }) : t(`objects.${state === "failed" ? "failed" : "waiting"}`);
  return (
    <li title={object_key} data-state={state}>
      <span>{name}</span> <span className={css.minor}>{when}</span>
      {detail !== "" && <div className={css.reason}>{detail}</div>}
    </li>
  );
}
