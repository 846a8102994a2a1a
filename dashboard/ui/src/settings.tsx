/** What this person prefers on this browser: language and theme, remembered in local storage. */
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { type Language, translator, type Translate, WORDS } from "./i18n";

export type Theme = "light" | "dark";
type Settings = {
  language: Language;
  theme: Theme;
  t: Translate;
  setLanguage: (language: Language) => void;
  setTheme: (theme: Theme) => void;
};

const SettingsContext = createContext<Settings | null>(null);

export function SettingsProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useRemembered<Language>("xunjian.language", "zh-CN", ["zh-CN", "en"]);
  const [theme, setTheme] = useRemembered<Theme>("xunjian.theme", "light", ["light", "dark"]);
  const t = useMemo(() => translator(WORDS[language]), [language]);

  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset.theme = theme;
  }, [language, theme]);

  const settings = useMemo(
    () => ({ language, theme, t, setLanguage, setTheme }),
    [language, theme, t, setLanguage, setTheme],
  );
  return <SettingsContext value={settings}>{children}</SettingsContext>;
}

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (settings === null) throw new Error("useSettings is used outside SettingsProvider");
  return settings;
}

export function useT(): Translate {
  return useSettings().t;
}

function useRemembered<T extends string>(key: string, initial: T, allowed: readonly T[]) {
  const [value, setValue] = useState<T>(() => {
    const stored = localStorage.getItem(key) as T | null;
    return stored !== null && allowed.includes(stored) ? stored : initial;
  });
  useEffect(() => localStorage.setItem(key, value), [key, value]);
  return [value, setValue] as const;
}
