/** Language and theme. */
import { MoonOutlined, SunOutlined } from "@ant-design/icons";
import { Button, Tooltip } from "antd";
import { useSettings } from "./settings";

export function Preferences() {
  const { language, theme, t, setLanguage, setTheme } = useSettings();
  const themeLabel = t(theme === "dark" ? "app.theme.light" : "app.theme.dark");
  return (
    <>
      <Tooltip title={t("app.language")}>
        <Button
          type="text"
          size="small"
          aria-label={t("app.language")}
          data-testid="language"
          onClick={() => setLanguage(language === "en" ? "zh-CN" : "en")}
        >
          {language === "en" ? "中文" : "EN"}
        </Button>
      </Tooltip>
      <Tooltip title={themeLabel}>
        <Button
          type="text"
          size="small"
          aria-label={themeLabel}
          data-testid="theme"
          icon={theme === "dark" ? <SunOutlined /> : <MoonOutlined />}
          onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
        />
      </Tooltip>
    </>
  );
}
