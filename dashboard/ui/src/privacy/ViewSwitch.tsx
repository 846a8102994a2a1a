/** Says that faces and plates are masked, and takes the reason of who has to see more. */
import { EyeInvisibleOutlined, EyeOutlined } from "@ant-design/icons";
import { Alert as Notice, Button, Input, Modal, Space, Tag, Tooltip } from "antd";
import { useState } from "react";
import { useT } from "../settings";
import { useView } from "./view";

/** As the server counts. */
const LEAST = 4;
const MOST = 200;

export function ViewSwitch() {
  const t = useT();
  const { masks, mayUnmask, reason, setReason } = useView();
  const [asking, setAsking] = useState(false);
  if (!masks) return null;
  return (
    <Space size={4}>
      {reason === null ? (
        <Tooltip title={t(mayUnmask ? "privacy.masked_hint" : "privacy.masked_hint_viewer")}>
          <Tag icon={<EyeInvisibleOutlined />} style={{ marginInlineEnd: 0 }} data-testid="view" data-view="masked">
            {t("privacy.masked")}
          </Tag>
        </Tooltip>
      ) : (
        <Tooltip title={t("privacy.because", { reason })}>
          <Tag color="red" icon={<EyeOutlined />} style={{ marginInlineEnd: 0 }} data-testid="view" data-view="original">
            {t("privacy.original")}
          </Tag>
        </Tooltip>
      )}
      {mayUnmask && reason === null && (
        <Button size="small" onClick={() => setAsking(true)} data-testid="view-original">
          {t("privacy.show")}
        </Button>
      )}
      {reason !== null && (
        <Button size="small" onClick={() => setReason(null)} data-testid="view-masked">
          {t("privacy.hide")}
        </Button>
      )}
      {asking && (
        <ReasonDialog
          onCancel={() => setAsking(false)}
          onSubmit={(given) => {
            setAsking(false);
            setReason(given);
          }}
        />
      )}
    </Space>
  );
}

function ReasonDialog({ onCancel, onSubmit }: { onCancel: () => void; onSubmit: (reason: string) => void }) {
  const t = useT();
  const [reason, setReason] = useState("");
  const given = reason.trim();
  return (
    <Modal
      open
      title={t("privacy.show")}
      okText={t("privacy.show")}
      cancelText={t("review.cancel")}
      okButtonProps={{ disabled: [...given].length < LEAST, "data-testid": "reason-ok" }}
      onOk={() => onSubmit(given)}
      onCancel={onCancel}
    >
      <Notice type="warning" showIcon title={t("privacy.recorded")} style={{ marginBottom: 12 }} />
      <Input.TextArea
        autoFocus
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        placeholder={t("privacy.reason")}
        autoSize={{ minRows: 2, maxRows: 4 }}
        maxLength={MOST}
        data-testid="reason"
      />
    </Modal>
  );
}
