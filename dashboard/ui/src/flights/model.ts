/** A report with its times parsed and its files put on one line, once. */
import { type Look, parseLooks } from "./timeline/looks";
import { makeTimeline, type Timeline } from "./timeline/timeline";
import { parseTrack, type Point } from "./timeline/track";
import { type TimeWords, timeWords } from "./timeline/timeWords";
import type { FlightReport } from "./types";

export type FlightModel = {
  report: FlightReport;
  looks: Look[];
  track: Point[];
  timeline: Timeline;
  words: TimeWords;
};

export function makeModel(report: FlightReport): FlightModel {
  const timeline = makeTimeline(report);
  return {
    report,
    looks: parseLooks(report.looks),
    track: parseTrack(report.track),
    timeline,
    words: timeWords(timeline.dated),
  };
}
