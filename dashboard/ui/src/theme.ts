/** The look, as Ant Design tokens. */
import { theme as antd, type ThemeConfig } from "antd";
import type { Language } from "./i18n";
import type { Theme } from "./settings";

const LATIN = '"Segoe UI", -apple-system, "Noto Sans"';
const HAN = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"';
/** Some punctuation is as wide as a Han character in a Han font, so each language leads with its own. */
const FONT: Record<Language, string> = {
  "zh-CN": `${HAN}, ${LATIN}, system-ui, sans-serif`,
  en: `${LATIN}, ${HAN}, system-ui, sans-serif`,
};

const PRIMARY: Record<Theme, string> = { light: "#1d5fc4", dark: "#4a8bf5" };
const LIGHT = { colorBgLayout: "#f3f5f7", colorBorderSecondary: "#e6eaee" };
const DARK = { colorBgLayout: "#0f1317", colorBgContainer: "#181d23", colorBgElevated: "#20262d", colorBorderSecondary: "#2a313a" };

export function antTheme(theme: Theme, language: Language): ThemeConfig {
  return {
    algorithm: theme === "dark" ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      colorPrimary: PRIMARY[theme],
      colorInfo: PRIMARY[theme],
      borderRadius: 6,
      fontFamily: FONT[language],
      ...(theme === "dark" ? DARK : LIGHT),
    },
    components: {
      Card: { headerHeight: 44, headerHeightSM: 40, bodyPadding: 16 },
      Table: { cellPaddingBlockSM: 7 },
      Descriptions: { itemPaddingBottom: 8 },
    },
  };
}
