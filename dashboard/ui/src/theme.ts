/** The look, as Ant Design tokens. */
import { theme as antd, type ThemeConfig } from "antd";
import type { Theme } from "./settings";

const FONT =
  '"Noto Sans CJK SC", "Noto Sans SC", system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", sans-serif';

const LIGHT = { colorBgLayout: "#f3f5f7", colorBorderSecondary: "#e6eaee" };
const DARK = { colorBgLayout: "#0f1317", colorBgContainer: "#181d23", colorBgElevated: "#20262d", colorBorderSecondary: "#2a313a" };

export function antTheme(theme: Theme): ThemeConfig {
  return {
    algorithm: theme === "dark" ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: "#1d5fc4",
      colorInfo: "#1d5fc4",
      borderRadius: 6,
      fontFamily: FONT,
      ...(theme === "dark" ? DARK : LIGHT),
    },
    components: {
      Card: { headerHeight: 44, headerHeightSM: 40, bodyPadding: 16 },
      Table: { cellPaddingBlockSM: 7 },
      Descriptions: { itemPaddingBottom: 8 },
    },
  };
}
