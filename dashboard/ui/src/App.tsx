/** Decides what is on screen: the login page, or the page that the address names. */
import { useQuery } from "@tanstack/react-query";
import { App as AntApp, Button, ConfigProvider, Result, Spin } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { lazy, Suspense, useEffect, useState } from "react";
import { Link, Route, Routes } from "react-router";
import type { Session } from "./api.types";
import { Failure } from "./failure";
import { LoginPage } from "./login/LoginPage";
import { sessionQuery } from "./queries";
import { useSettings, useT } from "./settings";
import { Shell } from "./Shell";
import { antTheme } from "./theme";

const OverviewPage = lazy(() => import("./queue/OverviewPage"));
const AlertPage = lazy(() => import("./alert/AlertPage"));
const SourcesPage = lazy(() => import("./sources/SourcesPage"));
const FlightsPage = lazy(() => import("./flights/list/FlightsPage"));
const FlightPage = lazy(() => import("./flights/FlightPage"));
const LivePage = lazy(() => import("./flights/live/LivePage"));
const CoveragePage = lazy(() => import("./flights/coverage/CoveragePage"));

export function App() {
  const { language, theme, t } = useSettings();
  useEffect(() => {
    document.title = t("app.name");
  }, [t]);
  return (
    <ConfigProvider locale={language === "en" ? enUS : zhCN} theme={antTheme(theme, language)} button={{ autoInsertSpace: false }}>
      <AntApp className="page">
        <Gate />
      </AntApp>
    </ConfigProvider>
  );
}

function Gate() {
  const session = useQuery(sessionQuery);
  const [entered, setEntered] = useState(false);
  if (session.data && !entered) setEntered(true);
  if (session.isPending) return <Waiting />;
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.data === null) return <LoginPage expired={entered} />;
  return <SignedIn session={session.data} />;
}

function SignedIn({ session }: { session: Session }) {
  return (
    <Shell session={session}>
      <Suspense fallback={<Waiting />}>
        <Routes>
          <Route path="/" element={<OverviewPage />} />
          <Route path="/alerts/:id" element={<AlertPage session={session} />} />
          <Route path="/sources" element={<SourcesPage />} />
          <Route path="/flights" element={<FlightsPage session={session} />} />
          <Route path="/flights/live" element={<LivePage />} />
          <Route path="/flights/coverage" element={<CoveragePage />} />
          <Route path="/flights/:id" element={<FlightPage session={session} />} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Suspense>
    </Shell>
  );
}

function Waiting() {
  return (
    <div style={{ display: "grid", placeItems: "center", height: "100%" }}>
      <Spin delay={300} />
    </div>
  );
}

function NotFound() {
  const t = useT();
  const back = (
    <Link to="/">
      <Button type="primary">{t("app.to_overview")}</Button>
    </Link>
  );
  return <Result status="404" title={t("app.not_found")} extra={back} />;
}
