/** What surrounds every map: zoom buttons, the datum in words, and a word when there is no WebGL. */
import { AimOutlined, MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Space, Tooltip } from "antd";
import type { Map as MapLibre } from "maplibre-gl";
import type { ReactNode, RefObject } from "react";
import type { MapSetup } from "../api.types";
import { useT } from "../settings";
import css from "./map.module.css";

type Props = {
  box: RefObject<HTMLDivElement | null>;
  map: MapLibre | null;
  broken: boolean;
  setup: MapSetup;
  onFit: (() => void) | null;
  /** Leaves the datum out where the text beside the map already names it. */
  plain?: boolean;
  children?: ReactNode;
};

export function MapFrame({ box, map, broken, setup, onFit, plain, children }: Props) {
  const t = useT();
  const shifted = setup.tile_url !== null && setup.tile_datum === "GCJ-02";
  const control = (label: string, icon: ReactNode, act: () => void) => (
    <Tooltip title={label} placement="left">
      <Button size="small" icon={icon} aria-label={label} onClick={act} />
    </Tooltip>
  );
  return (
    <div className={css.frame} data-testid="map" data-ready={map !== null || broken}>
      <div ref={box} className={css.canvas} />
      {broken && <div className={css.nothing}>{t("map.no_webgl")}</div>}
      {!broken && (
        <>
          <Space.Compact orientation="vertical" className={css.controls}>
            {control(t("map.zoom_in"), <PlusOutlined />, () => map?.zoomIn())}
            {control(t("map.zoom_out"), <MinusOutlined />, () => map?.zoomOut())}
            {onFit && control(t("map.fit"), <AimOutlined />, onFit)}
          </Space.Compact>
          {(shifted || !plain) && <div className={css.datum}>{t(shifted ? "map.datum.gcj" : "map.datum.wgs")}</div>}
          {children}
        </>
      )}
    </div>
  );
}
