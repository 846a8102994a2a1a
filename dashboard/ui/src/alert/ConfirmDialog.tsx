/** Asks once more before a lead is handed over; Enter says yes. */
import { Alert as Notice, Input, Modal } from "antd";
import { useState } from "react";
import { useT } from "../settings";
import css from "./alert.module.css";

type Props = {
  pending: boolean;
  error: string | null;
  onCancel: () => void;
  onSubmit: (note: string) => void;
};

export function ConfirmDialog({ pending, error, onCancel, onSubmit }: Props) {
  const t = useT();
  const [note, setNote] = useState("");
  return (
    <Modal
      open
      title={t("review.confirm_title")}
      okText={t("review.confirm")}
      cancelText={t("review.cancel")}
      okButtonProps={{ autoFocus: true, loading: pending, "data-testid": "confirm-ok" }}
      onOk={() => onSubmit(note.trim())}
      onCancel={onCancel}
    >
      <p>{t("review.confirm_body")}</p>
      <Input.TextArea
        value={note}
        onChange={(event) => setNote(event.target.value)}
        placeholder={t("review.note_optional")}
        autoSize={{ minRows: 2, maxRows: 6 }}
        maxLength={500}
      />
      {error && <Notice type="error" showIcon title={error} className={css.dialogError} />}
    </Modal>
  );
}
