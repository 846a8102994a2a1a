/** Every flight, newest first, and the place to bring a new one. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Empty, Input, Select, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { Session } from "../../api.types";
import { explain, Failure } from "../../failure";
import { createFlight } from "../api";
import { aircraftQuery, flightsQuery } from "../queries";
import { takeFlight } from "../patch";
import { DropZone } from "../upload/DropZone";
import { flightName, type Picked } from "../upload/picked";
import { uploadsOf } from "../upload/uploads";
import { useFlightT } from "../words";
import { FlightRow } from "./FlightRow";
import css from "./list.module.css";
import { Views } from "./Views";

/** Longer names would not fit a line anywhere. */
const NAME_LENGTH = 120;

export default function FlightsPage({ session }: { session: Session }) {
  const t = useFlightT();
  const query = useInfiniteQuery(flightsQuery);
  const flights = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const mayUpload = session.user.role !== "viewer";
  const none = query.isSuccess && flights.length === 0;
  return (
    <div className={css.page}>
      <div className={css.column}>
        <Views />
        {mayUpload && <NewFlight small={flights.length > 0} explained={none} />}
        {query.isPending && <Skeleton active paragraph={{ rows: 6 }} />}
        {query.isError && flights.length === 0 && <Failure error={query.error} onRetry={() => void query.refetch()} />}
        {none && (
          <Empty
            image={Empty.PRESENTED_IMAGE_SIMPLE}
            className={css.empty}
            data-testid="flights-empty"
            description={
              <>
                <b>{t("flights.empty")}</b>
                <br />
                {t(mayUpload ? "flights.empty_hint" : "flights.empty_viewer")}
              </>
            }
          />
        )}
        {flights.length > 0 && (
          <>
            <ul className={css.list} data-testid="flights">
              {flights.map((flight) => (
                <FlightRow key={flight.id} flight={flight} />
              ))}
            </ul>
            <div className={css.more}>
              {query.hasNextPage ? (
                <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  {t("flights.more")}
                </Button>
              ) : (
                t("flights.end")
              )}
            </div>
          </>
        )}
      </div>
    </div>
  );
}

/** `explained`: lists what can be uploaded, for someone who has not done it before. */
function NewFlight({ small, explained }: { small: boolean; explained: boolean }) {
  const t = useFlightT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [name, setName] = useState("");
  const [aircraft, setAircraft] = useState<string>();
  const heard = useQuery({ ...aircraftQuery, refetchInterval: 60_000 }).data ?? [];
  const create = useMutation({
    mutationFn: (picked: Picked[]) => createFlight(name.trim() || flightName(picked).slice(0, NAME_LENGTH), aircraft),
    onSuccess: (flight, picked) => {
      takeFlight(client, flight);
      uploadsOf(flight.id).add(picked, []);
      void navigate(`/flights/${flight.id}`);
    },
    onError: (error) => void message.error(explain(error, t)),
  });
  return (
    <DropZone
      small={small}
      title={t("upload.drop")}
      busy={create.isPending}
      onPicked={(picked) => create.mutate(picked)}
      below={explained && <Accepted />}
    >
      <Input
        className={css.name}
        value={name}
        maxLength={NAME_LENGTH}
        placeholder={t("upload.name")}
        aria-label={t("upload.name")}
        onChange={(event) => setName(event.target.value)}
      />
      {heard.length > 0 && (
        <Select
          allowClear
          className={css.name}
          value={aircraft}
          placeholder={t("upload.aircraft")}
          aria-label={t("upload.aircraft")}
          title={t("upload.aircraft_hint")}
          onChange={setAircraft}
          options={heard.map(({ serial, model }) => ({ value: serial, label: model === null ? serial : `${model} · ${serial}` }))}
          data-testid="upload-aircraft"
        />
      )}
    </DropZone>
  );
}

function Accepted() {
  const t = useFlightT();
  return (
    <ul className={css.accepted}>
      {(["video", "photo", "telemetry", "route", "zip"] as const).map((kind) => (
        <li key={kind}>{t(`flights.accept.${kind}`)}</li>
      ))}
    </ul>
  );
}
