import { expect, test } from "vitest";
import { bytes, duration, dwellSoFar, localTime, mediaClock, percent } from "./format";
import { translator, WORDS } from "./i18n";

const zh = translator(WORDS["zh-CN"]);

test("durations keep a tenth below a minute", () => {
  expect(duration(10.24, zh)).toBe("10.2 秒");
  expect(duration(10, zh)).toBe("10 秒");
  expect(duration(59.96, zh)).toBe("1 分");
  expect(duration(200, zh)).toBe("3 分 20 秒");
  expect(duration(3725, zh)).toBe("1 小时 2 分");
});

test("times are local and say their zone", () => {
  expect(localTime("2026-05-01T00:12:03.9Z", "Asia/Shanghai")).toBe("2026-05-01 08:12:03 GMT+8");
  expect(localTime("2026-05-01T16:00:00Z", "Asia/Shanghai")).toBe("2026-05-02 00:00:00 GMT+8");
  expect(localTime("2026-05-01T16:00:00Z", "Asia/Kathmandu")).toBe("2026-05-01 21:45:00 GMT+5:45");
});

test("media times are offsets into the clip", () => {
  expect(mediaClock("1970-01-01T00:00:07.480Z")).toBe("00:07.4");
  expect(mediaClock("1970-01-01T00:01:12.345678Z")).toBe("01:12.3");
  expect(mediaClock("1970-01-01T02:00:05Z")).toBe("2:00:05.0");
});

test("a probability below one never reads 100 %", () => {
  expect(percent(0.993)).toBe("99.3 %");
  expect(percent(0.99996)).toBe("99.9 %");
  expect(percent(1)).toBe("100.0 %");
});

test("sizes are decimal", () => {
  expect(bytes(999)).toBe("999 B");
  expect(bytes(184_320)).toBe("184.3 kB");
  expect(bytes(2_450_000)).toBe("2.5 MB");
});

test("dwell grows until the object is last seen", () => {
  const alert = {
    since: "2026-05-01T00:00:00Z",
    last_seen: "2026-05-01T00:01:00Z",
    ended_at: null,
    dwell_s: 10,
  };
  expect(dwellSoFar(alert)).toBe(60);
  expect(dwellSoFar({ ...alert, last_seen: alert.since })).toBe(10);
});

test("every language has every word, with the same holes", () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(WORDS["zh-CN"]) as (keyof (typeof WORDS)["en"])[]) {
    expect(holes(WORDS.en[key]), key).toEqual(holes(WORDS["zh-CN"][key]));
  }
});

test("a value without a word is shown as it is", () => {
  expect(zh.word("class", "car")).toBe("小汽车");
  expect(zh.word("class", "hovercraft")).toBe("hovercraft");
});
