/**
 * The one moment that map, player, plots and scrubber show.
 *
 * It lives outside React: sixty frames a second move a marker, and must not render a page.
 */
import { useSyncExternalStore } from "react";

export type Moment = {
  /** Milliseconds since 1970. */
  at: number;
  playing: boolean;
  rate: number;
  /** Grows with each jump, so that a player can tell a jump from its own progress. */
  jumps: number;
};

export type Clock = {
  now: () => Moment;
  subscribe: (listener: () => void) => () => void;
  /** To another moment. */
  seek: (at: number) => void;
  /** One step of playing. */
  follow: (at: number) => void;
  play: (playing: boolean) => void;
  speed: (rate: number) => void;
};

export function createClock(from: number, to: number): Clock {
  let moment: Moment = { at: from, playing: false, rate: 1, jumps: 0 };
  const listeners = new Set<() => void>();
  const change = (part: Partial<Moment>) => {
    moment = { ...moment, ...part };
    for (const listener of listeners) listener();
  };
  const within = (at: number) => Math.min(Math.max(at, from), to);
  return {
    now: () => moment,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    seek: (at) => change({ at: within(at), jumps: moment.jumps + 1 }),
    follow: (at) => change({ at: within(at) }),
    play: (playing) => change({ playing }),
    speed: (rate) => change({ rate }),
  };
}

/** `select` must give a primitive, or the same object for the same moment. */
export function useMoment<T>(clock: Clock, select: (moment: Moment) => T): T {
  return useSyncExternalStore(clock.subscribe, () => select(clock.now()));
}
