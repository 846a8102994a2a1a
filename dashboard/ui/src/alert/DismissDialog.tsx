/** Asks why. The digits choose a reason, Enter dismisses. */
import { Alert as Notice, Input, Modal, Radio } from "antd";
import { type KeyboardEvent, useState } from "react";
import type { DismissReason } from "../api.types";
import { useT } from "../settings";
import css from "./alert.module.css";

const REASONS: DismissReason[] = [
  "not_a_violation",
  "wrong_object",
  "wrong_place",
  "loading",
  "emergency",
  "duplicate",
  "unclear",
  "other",
];

type Props = {
  pending: boolean;
  error: string | null;
  onCancel: () => void;
  onSubmit: (reason: DismissReason, note: string) => void;
};

export function DismissDialog({ pending, error, onCancel, onSubmit }: Props) {
  const t = useT();
  const [reason, setReason] = useState<DismissReason | null>(null);
  const [note, setNote] = useState("");
  const needsNote = reason === "other" && note.trim() === "";
  const submit = () => reason !== null && !needsNote && !pending && onSubmit(reason, note.trim());
  const press = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).tagName === "TEXTAREA") return;
    const chosen = REASONS[Number(event.key) - 1];
    if (chosen !== undefined) setReason(chosen);
    else if (event.key === "Enter" && (event.target as HTMLElement).tagName !== "BUTTON") submit();
  };
  return (
    <Modal
      open
      title={t("review.dismiss_title")}
      okText={t("review.dismiss")}
      cancelText={t("review.cancel")}
      okButtonProps={{ disabled: reason === null || needsNote, loading: pending, "data-testid": "dismiss-ok" }}
      onOk={submit}
      onCancel={onCancel}
    >
      <div onKeyDown={press}>
        <Radio.Group
          value={reason}
          onChange={(event) => setReason(event.target.value as DismissReason)}
          className={css.reasons}
          aria-label={t("review.reason")}
        >
          {REASONS.map((value, index) => (
            <Radio key={value} value={value} autoFocus={index === 0} data-testid={`reason-${value}`}>
              <kbd>{index + 1}</kbd> {t(`reason.${value}`)}
            </Radio>
          ))}
        </Radio.Group>
        <Input.TextArea
          value={note}
          onChange={(event) => setNote(event.target.value)}
          placeholder={t(reason === "other" ? "review.note_required" : "review.note_optional")}
          status={needsNote ? "error" : undefined}
          autoSize={{ minRows: 2, maxRows: 6 }}
          maxLength={500}
        />
      </div>
      {error && <Notice type="error" showIcon title={error} className={css.dialogError} />}
    </Modal>
  );
}
