/** The frame of every signed-in page: name, navigation, live connection, settings, account. */
import { LogoutOutlined, UserOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { Badge, Button, Dropdown, Tooltip } from "antd";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import { logout } from "./api";
import type { Session } from "./api.types";
import { Logo } from "./Logo";
import { Preferences } from "./Preferences";
import { useT } from "./settings";
import css from "./shell.module.css";
import { type Connection, useEvents } from "./useEvents";

export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const t = useT();
  const connection = useEvents();
  const link = ({ isActive }: { isActive: boolean }) => (isActive ? `${css.link} ${css.here}` : css.link);
  return (
    <div className={css.shell}>
      <header className={css.header}>
        <NavLink to="/" className={css.brand}>
          <Logo size={24} />
          <b>{t("app.name")}</b>
        </NavLink>
        <nav className={css.nav}>
          <NavLink to="/" end className={link}>
            {t("app.overview")}
          </NavLink>
          <NavLink to="/flights" className={link} data-testid="nav-flights">
            {t("app.flights")}
          </NavLink>
          <NavLink to="/sources" className={link} data-testid="nav-sources">
            {t("app.sources")}
          </NavLink>
        </nav>
        <div className={css.tools}>
          <ConnectionBadge connection={connection} />
          <Preferences />
          <Account session={session} />
        </div>
      </header>
      <main className={css.main}>{children}</main>
    </div>
  );
}

function ConnectionBadge({ connection }: { connection: Connection }) {
  const t = useT();
  const status = { connecting: "processing", online: "success", reconnecting: "warning" } as const;
  const hint = t(connection === "online" ? "live.online_hint" : "live.reconnecting_hint");
  return (
    <Tooltip title={connection === "connecting" ? undefined : hint}>
      <span className={css.live} role="status" data-testid="connection" data-state={connection}>
        <Badge status={status[connection]} text={t(`live.${connection}`)} />
      </span>
    </Tooltip>
  );
}

function Account({ session }: { session: Session }) {
  const t = useT();
  const leave = useMutation({
    mutationFn: logout,
    // A fresh document keeps nothing of the last person's.
    onSettled: () => window.location.assign("/"),
  });
  const { name, role } = session.user;
  const items = [
    { key: "who", label: `${name} · ${t(`role.${role}`)}`, disabled: true },
    { key: "version", label: t("app.version", { version: session.version }), disabled: true },
    { type: "divider" as const },
    { key: "logout", icon: <LogoutOutlined />, label: t("app.logout"), onClick: () => leave.mutate() },
  ];
  return (
    <Dropdown menu={{ items }} trigger={["click"]} placement="bottomRight">
      <Button type="text" size="small" icon={<UserOutlined />} aria-label={name} data-testid="account">
        <span className={css.name}>{name}</span>
      </Button>
    </Dropdown>
  );
}
