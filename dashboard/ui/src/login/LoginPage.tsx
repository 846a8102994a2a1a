/** Signs a person in, then shows the page that the address has named all along. */
import { LockOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input } from "antd";
import { type KeyboardEvent, useState } from "react";
import { login } from "../api";
import { explain } from "../failure";
import { Logo } from "../Logo";
import { Preferences } from "../Preferences";
import { sessionQuery } from "../queries";
import { useT } from "../settings";
import css from "./login.module.css";

type Credentials = { name: string; password: string };

/** `expired`: somebody was signed in until a moment ago. */
export function LoginPage({ expired }: { expired: boolean }) {
  const t = useT();
  const client = useQueryClient();
  const [form] = Form.useForm<Credentials>();
  const [caps, setCaps] = useState(false);
  const enter = useMutation({
    mutationFn: ({ name, password }: Credentials) => login(name, password),
    onSuccess: () => client.invalidateQueries(sessionQuery),
    onError: () => form.getFieldInstance("password")?.focus({ cursor: "all" }),
  });
  const watchCaps = (event: KeyboardEvent) => setCaps(event.getModifierState("CapsLock"));

  return (
    <div className={css.page}>
      <div className={css.preferences}>
        <Preferences />
      </div>
      <main className={css.card} data-testid="login">
        <div className={css.brand}>
          <Logo size={40} />
          <div>
            <h1>{t("app.name")}</h1>
            <p>{t("app.tagline")}</p>
          </div>
        </div>
        {expired && !enter.isError && <Alert type="warning" showIcon title={t("login.signed_out")} className={css.error} />}
        {enter.isError && (
          <Alert type="error" showIcon title={explain(enter.error, t)} className={css.error} data-testid="login-error" />
        )}
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(typed) => enter.mutate(typed)}>
          <Form.Item name="name" label={t("login.name")} rules={[{ required: true, message: t("login.need_name") }]}>
            <Input size="large" autoFocus autoComplete="username" prefix={<UserOutlined />} data-testid="login-name" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t("login.password")}
            rules={[{ required: true, message: t("login.need_password") }]}
            extra={caps && <span className={css.caps}>{t("login.caps")}</span>}
          >
            <Input.Password
              size="large"
              autoComplete="current-password"
              prefix={<LockOutlined />}
              onKeyUp={watchCaps}
              onKeyDown={watchCaps}
              data-testid="login-password"
            />
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={enter.isPending} data-testid="login-submit">
            {t("login.submit")}
          </Button>
        </Form>
      </main>
      <p className={css.note}>{t("app.lead_note")}</p>
    </div>
  );
}
