/** What can be done with a flight as a whole: hand it over, or delete it. */
import { DeleteOutlined, DownloadOutlined, MoreOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown } from "antd";
import { useNavigate } from "react-router";
import { explain } from "../failure";
import { deleteFlight, type Export, exportUrl } from "./api";
import css from "./flight.module.css";
import { dropFlight } from "./patch";
import type { Flight } from "./types";
import { useFlightT } from "./words";

const EXPORTS: Export[] = ["report.html", "flight.geojson", "flight.kml"];

export function FlightTools({ flight, mayChange }: { flight: Flight; mayChange: boolean }) {
  const t = useFlightT();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { message, modal } = App.useApp();
  const drop = useMutation({
    mutationFn: () => deleteFlight(flight.id),
    onSuccess: () => {
      void message.success(t("flight.deleted"));
      void navigate("/flights");
      dropFlight(client, flight.id);
    },
    onError: (error) => void message.error(explain(error, t)),
  });
  const ask = () =>
    void modal.confirm({
      title: t("flight.delete_title", { name: flight.name }),
      content: t("flight.delete_body"),
      okText: t("flight.delete_ok"),
      cancelText: t("flight.cancel"),
      okButtonProps: { danger: true },
      onOk: () => drop.mutateAsync().catch(() => undefined),
    });
  const files = EXPORTS.map((kind) => ({
    key: kind,
    label: (
      <a href={exportUrl(flight.id, kind)} download>
        {t(`export.${kind}`)}
      </a>
    ),
  }));
  const removable = mayChange && (flight.state === "uploading" || flight.state === "failed");
  return (
    <div className={css.tools}>
      {flight.state === "done" && (
        <Dropdown menu={{ items: files }} trigger={["click"]} placement="bottomRight">
          <Button size="small" icon={<DownloadOutlined />} data-testid="downloads">
            {t("flight.download")}
          </Button>
        </Dropdown>
      )}
      {removable && (
        <Dropdown
          menu={{ items: [{ key: "delete", danger: true, icon: <DeleteOutlined />, label: t("flight.delete"), onClick: ask }] }}
          trigger={["click"]}
          placement="bottomRight"
        >
          <Button size="small" type="text" icon={<MoreOutlined />} aria-label={t("flight.delete")} data-testid="flight-menu" />
        </Dropdown>
      )}
    </div>
  );
}
