/** What went wrong, in the reader's language, and a button to try again. */
import { ReloadOutlined } from "@ant-design/icons";
import { Alert, Button } from "antd";
import { ApiError } from "./api";
import type { Key, Translate } from "./i18n";
import { WORDS } from "./i18n";
import { useT } from "./settings";

export function explain(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return t("error.other", { code: "page", message: String(error) });
  const key = `error.${error.code}`;
  if (key in WORDS.en) return t(key as Key);
  return t("error.other", { code: error.code, message: error.message });
}

export function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useT();
  return (
    <Alert
      type="error"
      showIcon
      style={{ margin: 16 }}
      title={t("error.load")}
      description={explain(error, t)}
      action={
        <Button size="small" icon={<ReloadOutlined />} onClick={onRetry}>
          {t("app.retry")}
        </Button>
      }
    />
  );
}
