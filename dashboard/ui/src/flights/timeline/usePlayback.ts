/**
 * Keeps clock and player together: while playing the video leads, at a jump it follows.
 *
 * Where there is no video, or the browser cannot play it, time runs by itself, so that map and
 * plots can still be played.
 */
import { type RefObject, useEffect } from "react";
import { type Clock, useMoment } from "./clock";
import { advance, neighbour, showing, type Timeline, toAbsolute, toMedia } from "./timeline";

type Video = RefObject<HTMLVideoElement | null>;

export function usePlayback(clock: Clock, timeline: Timeline, video: Video) {
  const playing = useMoment(clock, (moment) => moment.playing);
  const rate = useMoment(clock, (moment) => moment.rate);
  const jumps = useMoment(clock, (moment) => moment.jumps);

  useEffect(() => {
    if (video.current !== null) align(video.current, clock, timeline);
  }, [jumps, clock, timeline, video]);

  useEffect(() => {
    if (!playing) {
      video.current?.pause();
      return;
    }
    let frame = 0;
    let last = performance.now();
    const step = (now: number) => {
      const elapsed = (now - last) * rate;
      last = now;
      if (!followVideo(video.current, clock, timeline, rate)) run(clock, timeline, elapsed);
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [playing, rate, clock, timeline, video]);
}

/** Puts the player where the clock is; also called when a file has just been opened. */
export function align(player: HTMLVideoElement, clock: Clock, timeline: Timeline) {
  const { at } = clock.now();
  const segment = showing(timeline, at);
  if (segment === undefined || !isOf(player, segment.media)) return;
  const to = toMedia(segment, at);
  if (Math.abs(player.currentTime - to) > 0.01) player.currentTime = to;
}

/** From the end, playing starts anew. */
export function togglePlay(clock: Clock, timeline: Timeline) {
  const { playing, at } = clock.now();
  if (!playing && advance(timeline, at, 1) === null) clock.seek(timeline.segments[0]?.from ?? timeline.from);
  clock.play(!playing);
}

/** Whether the video tells the time. */
function followVideo(player: HTMLVideoElement | null, clock: Clock, timeline: Timeline, rate: number): boolean {
  const segment = showing(timeline, clock.now().at);
  if (player === null || player.error !== null || segment?.kind !== "video" || !isOf(player, segment.media)) return false;
  if (player.playbackRate !== rate) player.playbackRate = rate;
  if (player.ended) {
    const next = neighbour(timeline, segment, 1);
    if (next === undefined) clock.play(false);
    else clock.seek(next.from);
  } else if (player.paused) {
    // Refused only when the reader paused again meanwhile.
    player.play().catch(() => undefined);
  } else if (player.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !player.seeking) {
    clock.follow(toAbsolute(segment, player.currentTime));
  }
  return true;
}

function run(clock: Clock, timeline: Timeline, elapsed: number) {
  const to = advance(timeline, clock.now().at, elapsed);
  if (to === null) clock.play(false);
  else clock.follow(to);
}

function isOf(player: HTMLVideoElement, media: number): boolean {
  return player.dataset.media === String(media);
}
