/** Every source and how it is doing. */
import { useQuery } from "@tanstack/react-query";
import { Empty, Grid, Table } from "antd";
import { useMemo } from "react";
import { Failure } from "../failure";
import { formats } from "../format";
import { sourcesQuery } from "../queries";
import { useSettings } from "../settings";
import { columns } from "./columns";
import { SourceCards } from "./SourceCards";
import css from "./sources.module.css";

export default function SourcesPage() {
  const { t, language } = useSettings();
  // Frame ages grow without an event.
  const sources = useQuery({ ...sourcesQuery, refetchInterval: 5000 });
  const shape = useMemo(() => columns(t, formats(t, language)), [t, language]);
  const narrow = Grid.useBreakpoint().md === false;
  const nothing = (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          <b>{t("source.empty")}</b>
          <br />
          {t("source.empty_hint")}
        </>
      }
    />
  );
  return (
    <div className={css.page}>
      <h1>{t("source.title")}</h1>
      {sources.isError ? (
        <Failure error={sources.error} onRetry={() => void sources.refetch()} />
      ) : narrow && sources.data?.length ? (
        <SourceCards sources={sources.data} />
      ) : (
        <Table
          size="small"
          rowKey="id"
          columns={shape}
          dataSource={sources.data ?? []}
          loading={sources.isPending}
          pagination={false}
          scroll={{ x: "max-content" }}
          locale={{ emptyText: nothing }}
          data-testid="sources"
        />
      )}
    </div>
  );
}
