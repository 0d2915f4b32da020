/**
 * What happens in a trial, as a pure state machine: no clock, no page, no network.
 *
 * loading -> ready -> cue 1 -> play 1 -> cue 2 -> play 2 -> asking -> saving -> revealed -> done
 *
 * What can't be loaded or played is tried again; failing that, or if a clip halts or takes too long, the
 * presentation is invalid: spoiling -> told -> done. An answer that another window gave before ends in
 * told, too.
 *
 * An event that does not belong to a state changes nothing: that is what makes buttons dead after the
 * first answer. A trial records `interval`, `rt_ms` (ms from the end of the second clip to the answer,
 * performance.now()) and `replays` (times the pair was played again).
 */

import { conflict, ENDS, failed, spoil, stepBy, to } from "./machine.js";

const LONGEST_STALL_MS = 250; // that a clip may take beyond its duration

/**
 * @param {{replays: number}} trial as the server handed it out
 * @returns {object} the state before anything is loaded
 */
export function start(trial) {
  return { name: "loading", replays: 0, allowed: trial.replays, tries: 0 };
}

/** @returns {boolean} whether the pair may be played (again) now */
export function canPlay(state) {
  return state.name === "ready" || (state.name === "asking" && state.replays < state.allowed);
}

/** @returns {boolean} whether an answer may be given now */
export function canAnswer(state) {
  return state.name === "asking";
}

/** @returns {number} how many replays are left */
export function replaysLeft(state) {
  return state.allowed - state.replays;
}

/** @returns {number} the sound that is announced or playing, 1 or 2; else 0 */
export function sounding(state) {
  return { cue1: 1, play1: 1, cue2: 2, play2: 2 }[state.name] ?? 0;
}

const blocked = (state) => ({ ...state, name: "ready", blocked: true });
const ended = (next) => (state, event) =>
  event.overrun_ms > LONGEST_STALL_MS ? spoil("stalled")(state) : next(state, event);
const playing = (next) => ({ ended: ended(next), blocked, failed, halted: spoil("stalled") });

const RULES = {
  loading: { loaded: to("ready"), failed },
  ready: { play: (state) => ({ ...state, name: "cue1", blocked: false }) },
  cue1: { cued: to("play1") },
  play1: playing(to("cue2")),
  cue2: { cued: to("play2") },
  play2: playing((state, { at }) => ({ ...state, name: "asking", ended: at })),
  asking: {
    play: (state) =>
      canPlay(state) ? { ...state, name: "cue1", replays: state.replays + 1 } : state,
    choose: (state, { interval, at }) => ({
      ...state,
      name: "saving",
      interval,
      rt_ms: at - state.ended,
    }),
  },
  saving: {
    kept: (state, { correct }) =>
      correct ? { ...state, name: "revealed", correct } : { ...state, name: "done" },
    conflict,
  },
  revealed: { next: to("done") },
  ...ENDS,
};

/** Take an event: its type, and its `at` (ms), `overrun_ms`, `interval`, `correct` or `isOffline`. */
export const step = stepBy(RULES);
