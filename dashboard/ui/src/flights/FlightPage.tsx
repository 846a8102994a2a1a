/** One flight, whatever its state: being uploaded, worked on, failed or finished. */
import { ArrowLeftOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button, Result, Spin } from "antd";
import { Link, useParams } from "react-router";
import { ApiError } from "../api";
import type { Session } from "../api.types";
import { Failure } from "../failure";
import { ViewSwitch } from "../privacy/ViewSwitch";
import { ViewProvider } from "../privacy/view";
import { Awaited } from "./Awaited";
import { FLIGHT_COLOUR } from "./colours";
import { StateTag } from "../StateTag";
import css from "./flight.module.css";
import { FlightTools } from "./FlightTools";
import { flightQuery, reportQuery } from "./queries";
import { ReportView } from "./report/ReportView";
import type { FlightDetail } from "./types";
import { UploadPanel } from "./upload/UploadPanel";
import { useFlightT } from "./words";
import { Working } from "./Working";

export default function FlightPage({ session }: { session: Session }) {
  const t = useFlightT();
  const { id = "" } = useParams();
  const number = Number(id);
  const flight = useQuery({ ...flightQuery(number), enabled: Number.isSafeInteger(number) });
  const unknown = !Number.isSafeInteger(number) || (flight.error instanceof ApiError && flight.error.status === 404);
  if (unknown) return <NoFlight />;
  if (flight.isPending) return <Waiting />;
  if (flight.isError && flight.data === undefined) return <Failure error={flight.error} onRetry={() => void flight.refetch()} />;
  const { data } = flight;
  const mayChange = session.user.role !== "viewer";
  return (
    <ViewProvider session={session}>
    <div className={css.page}>
      <header className={css.header}>
        <Link to="/flights" aria-label={t("flight.back")}>
          <Button type="text" icon={<ArrowLeftOutlined />} tabIndex={-1} />
        </Link>
        <h1 className={css.title}>{data.name || t("coverage.flight", { id: data.id })}</h1>
        <StateTag colour={FLIGHT_COLOUR[data.state]} testid="flight-state" state={data.state}>
          {t(`flight_state.${data.state}`)}
        </StateTag>
        <ViewSwitch />
        <FlightTools flight={data} mayChange={mayChange} />
      </header>
      {data.state === "done" ? <Report flight={data} /> : <div className={css.scroll}><Awaited flight={data} mayChange={mayChange} />{mayChange && data.state === "uploading" ? <UploadPanel flight={data} /> : <Working flight={data} mayChange={mayChange} />}</div>}
    </div>
    </ViewProvider>
  );
}

function Report({ flight }: { flight: FlightDetail }) {
  const report = useQuery(reportQuery(flight.id));
  if (report.isPending) return <Waiting />;
  if (report.data === undefined) return <Failure error={report.error} onRetry={() => void report.refetch()} />;
  return <ReportView flight={flight.id} report={report.data} files={flight.file_list} />;
}

function NoFlight() {
  const t = useFlightT();
  const back = (
    <Link to="/flights">
      <Button type="primary">{t("flight.back")}</Button>
    </Link>
  );
  return <Result status="404" title={t("flight.not_found")} subTitle={t("flight.not_found_hint")} extra={back} />;
}

function Waiting() {
  return (
    <div className={css.waiting}>
      <Spin delay={300} />
    </div>
  );
}
