/** Looks words up. Which language is shown is a setting; see `settings.tsx`. */
import { en } from "./en";
import { type Key, type Words, zh } from "./zh";

export type { Key };
export type Language = "zh-CN" | "en";
export type Vars = Record<string, string | number>;

export const WORDS: Record<Language, Words> = { "zh-CN": zh, en };

export type Translate<K extends string = Key> = {
  (key: K, vars?: Vars): string;
  /** The word for a value that the server chose; the value itself when there is none. */
  word(group: string, value: string): string;
};

export function translator<K extends string>(words: Record<K, string>): Translate<K> {
  const translate = (key: K, vars: Vars = {}) => fill(words[key], vars);
  const word = (group: string, value: string) => {
    const key = `${group}.${value}`;
    return key in words ? words[key as K] : value;
  };
  return Object.assign(translate, { word });
}

function fill(template: string, vars: Vars): string {
  return template.replace(/\{(\w+)\}/g, (hole, name: string) => String(vars[name] ?? hole));
}
