import { expect, test } from "vitest";
import { savedAs, viewed } from "./view";

test("masked unless there is a reason", () => {
  expect(viewed("/a.jpg", { masks: true, reason: null })).toBe("/a.jpg?view=masked");
  expect(viewed("/a.jpg", { masks: true, reason: "申诉 & 复核" })).toBe(
    "/a.jpg?view=original&reason=%E7%94%B3%E8%AF%89%20%26%20%E5%A4%8D%E6%A0%B8",
  );
  expect(viewed("/a.jpg", { masks: false, reason: null })).toBe("/a.jpg");
});

test("what is masked says so in its name", () => {
  expect(savedAs("x_clip.mp4", { masks: true, reason: null })).toBe("x_clip_masked.mp4");
  expect(savedAs("x", { masks: true, reason: null })).toBe("x_masked");
  expect(savedAs("x.jpg", { masks: true, reason: "why" })).toBe("x.jpg");
  expect(savedAs("x.jpg", { masks: false, reason: null })).toBe("x.jpg");
});
