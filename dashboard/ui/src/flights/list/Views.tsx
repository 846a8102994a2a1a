/** Between the list of flights and what all of them have seen. */
import { Segmented } from "antd";
import { useLocation, useNavigate } from "react-router";
import { useFlightT } from "../words";

export function Views() {
  const t = useFlightT();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (
    <Segmented
      value={pathname}
      onChange={(to) => void navigate(to)}
      options={[
        { value: "/flights", label: t("flights.list") },
        { value: "/flights/live", label: t("flights.live") },
        { value: "/flights/coverage", label: t("flights.coverage") },
      ]}
      style={{ alignSelf: "start" }}
      data-testid="flight-views"
    />
  );
}
