/** Every file of the alert with its hash, so that anyone can check it without this program. */
import { DownloadOutlined } from "@ant-design/icons";
import { Button, Card, Table, type TableColumnsType, Tag, Tooltip, Typography } from "antd";
import { useMemo } from "react";
import { evidenceUrl } from "../api";
import type { AlertDetail, Evidence } from "../api.types";
import { bytes, formats } from "../format";
import { savedAs, useView, viewed } from "../privacy/view";
import { useSettings } from "../settings";
import css from "./alert.module.css";

const STATE_COLOUR = { ready: "green", pending: "gold", missing: "red" } as const;

export function EvidenceTable({ alert }: { alert: AlertDetail }) {
  const { t, language } = useSettings();
  const view = useView();
  const columns = useMemo((): TableColumnsType<Evidence> => {
    // The manifest shows nobody.
    const shown = (name: string) => (name === "manifest.json" ? { ...view, masks: false } : view);
    const { time } = formats(t, language);
    return [
      {
        title: t("evidence.name"),
        key: "name",
        render: (_, { name, state, detail, transform }) => (
          <>
            <div className={css.nowrap}>
              {t(`evidence.${name}`)}{" "}
              {state !== "ready" && <Tag color={STATE_COLOUR[state]}>{t(`evidence.state.${state}`)}</Tag>}
            </div>
            <div className={css.minor}>{detail || [name, transform].filter(Boolean).join(" · ")}</div>
          </>
        ),
      },
      {
        title: t("evidence.taken_at"),
        key: "taken_at",
        responsive: ["md"],
        render: (_, { taken_at }) => (
          <span className={css.nowrap}>{taken_at ? time(taken_at, alert.time_basis) : "–"}</span>
        ),
      },
      {
        title: t("evidence.size"),
        key: "size",
        align: "right",
        render: (_, { state, bytes: size }) => <span className={css.nowrap}>{state === "ready" ? bytes(size) : "–"}</span>,
      },
      {
        title: t("evidence.sha256"),
        key: "sha256",
        render: (_, { sha256 }) => sha256 && <Hash sha256={sha256} label={t("evidence.copy_hash")} />,
      },
      {
        key: "download",
        align: "right",
        render: (_, { name, state }) => (
          <Tooltip title={t("evidence.download")}>
            <Button
              type="text"
              size="small"
              icon={<DownloadOutlined />}
              aria-label={`${t("evidence.download")} ${name}`}
              disabled={state !== "ready"}
              href={state === "ready" ? viewed(evidenceUrl(alert.id, name), shown(name)) : undefined}
              download={savedAs(`${alert.id}_${name}`, shown(name))}
            />
          </Tooltip>
        ),
      },
    ];
  }, [t, language, view, alert.id, alert.time_basis]);
  return (
    <Card size="small" title={t("alert.evidence")} styles={{ body: { padding: 0 } }}>
      <Table
        size="small"
        rowKey="name"
        columns={columns}
        dataSource={alert.evidence}
        pagination={false}
        scroll={{ x: "max-content" }}
        data-testid="evidence"
      />
    </Card>
  );
}

/** Sixteen digits to compare by eye, all of them on the clipboard and under the pointer. */
function Hash({ sha256, label }: { sha256: string; label: string }) {
  const copyable = window.isSecureContext && { text: sha256, tooltips: [label, false] };
  return (
    <Tooltip title={<span className={css.hash}>{sha256}</span>}>
      <Typography.Text className={css.hash} copyable={copyable}>
        {sha256.slice(0, 16)}…
      </Typography.Text>
    </Tooltip>
  );
}
