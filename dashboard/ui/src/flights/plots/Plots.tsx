/** Telemetry over time. The line of the moment follows the clock; a click moves the clock. */
import { LineChart } from "echarts/charts";
import { AxisPointerComponent, GridComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { theme } from "antd";
import { useEffect, useRef, useState } from "react";
import type { FlightModel } from "../model";
import type { Clock } from "../timeline/clock";
import { useFlightT } from "../words";
import { HEIGHT, option } from "./option";
import css from "./plots.module.css";

use([LineChart, AxisPointerComponent, GridComponent, TitleComponent, TooltipComponent, CanvasRenderer]);

export default function Plots({ model, clock }: { model: FlightModel; clock: Clock }) {
  const t = useFlightT();
  const { token } = theme.useToken();
  const box = useRef<HTMLDivElement>(null);
  const cursor = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);

  useEffect(() => {
    if (box.current === null) return;
    const made = init(box.current);
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(box.current);
    setChart(made);
    return () => {
      watch.disconnect();
      made.dispose();
      setChart(null);
    };
  }, []);

  const { colorTextSecondary: text, colorBorderSecondary: grid, colorBgElevated: back, fontFamily: font } = token;
  useEffect(() => {
    chart?.setOption(option(model, t, { text, grid, back, font }), true);
  }, [chart, model, t, text, grid, back, font]);

  useEffect(() => {
    if (chart === null) return;
    const click = ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
      if (!chart.containPixel("grid", [offsetX, offsetY])) return;
      clock.play(false);
      clock.seek(Number(chart.convertFromPixel({ xAxisIndex: 0 }, offsetX)));
    };
    const move = () => {
      if (cursor.current === null) return;
      const x = Number(chart.convertToPixel({ xAxisIndex: 0 }, clock.now().at));
      cursor.current.style.transform = `translateX(${x}px)`;
    };
    chart.getZr().on("click", click);
    chart.on("finished", move);
    const stop = clock.subscribe(move);
    return () => {
      stop();
      if (chart.isDisposed()) return;
      chart.getZr().off("click", click);
      chart.off("finished", move);
    };
  }, [chart, clock]);

  return (
    <div className={css.plots} data-testid="plots">
      <div ref={box} style={{ height: HEIGHT }} />
      <div ref={cursor} className={css.cursor} />
      <div className={css.hint}>{t("plot.hint")}</div>
    </div>
  );
}
