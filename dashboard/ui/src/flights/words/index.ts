/** The words of the whole site and of the flight pages, as one lookup. */
import { useMemo } from "react";
import { type Key, type Language, type Translate, translator, WORDS } from "../../i18n";
import { useSettings } from "../../settings";
import { en } from "./en";
import { type FlightKey, type FlightWords, zh } from "./zh";

export type FlightTranslate = Translate<Key | FlightKey>;

export const FLIGHT_WORDS: Record<Language, FlightWords> = { "zh-CN": zh, en };

export function flightTranslator(language: Language): FlightTranslate {
  return translator<Key | FlightKey>({ ...WORDS[language], ...FLIGHT_WORDS[language] });
}

export function useFlightT(): FlightTranslate {
  const { language } = useSettings();
  return useMemo(() => flightTranslator(language), [language]);
}
