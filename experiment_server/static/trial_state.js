/**
 * What happens in a trial, as a pure state machine: no clock, no page, no network.
 *
 * loading -> ready -> cue 1 -> play 1 -> cue 2 -> play 2 -> asking -> saving -> revealed -> done
 *
 * An event that does not belong to a state changes nothing: that is what makes buttons dead after the
 * first answer. A trial records `interval`, `rt_ms` (ms from the end of the second clip to the answer,
 * performance.now()) and `replays` (times the pair was played again).
 */

/**
 * @param {{replays: number}} trial as the server handed it out
 * @returns {object} the state before anything is loaded
 */
export function start(trial) {
  return { name: "loading", replays: 0, allowed: trial.replays };
}

/**
 * @param {object} state
 * @param {{type: string, at?: number, interval?: number, correct?: number|null}} event
 * @returns {object} the next state; the same one if nothing changes
 */
export function step(state, event) {
  const change = RULES[state.name][event.type];
  return change ? change(state, event) : state;
}

/** @returns {boolean} whether the pair may be played (again) now */
export function canPlay(state) {
  return state.name === "ready" || (state.name === "asking" && state.replays < state.allowed);
}

/** @returns {boolean} whether an answer may be given now */
export function canAnswer(state) {
  return state.name === "asking";
}

/**
 * Which sound a key chooses: by its character or, where the digits want Shift (French, Czech), by its
 * place on the keyboard.
 * @param {{key: string, code: string}} event
 * @returns {number} 1 or 2; 0 for any other key
 */
export function choiceOf({ key, code }) {
  if (key === "1" || key === "2") return Number(key);
  return { Digit1: 1, Numpad1: 1, Digit2: 2, Numpad2: 2 }[code] ?? 0;
}

/** @returns {number} how many replays are left */
export function replaysLeft(state) {
  return state.allowed - state.replays;
}

/** @returns {number} the sound that is announced or playing, 1 or 2; else 0 */
export function sounding(state) {
  return { cue1: 1, play1: 1, cue2: 2, play2: 2 }[state.name] ?? 0;
}

const to = (name) => (state) => ({ ...state, name });
const blocked = (state) => ({ ...state, name: "ready", blocked: true });
const failed = to("failed");

const RULES = {
  loading: { loaded: to("ready"), failed },
  failed: { retry: to("loading") },
  ready: { play: (state) => ({ ...state, name: "cue1", blocked: false }) },
  cue1: { cued: to("play1") },
  play1: { ended: to("cue2"), blocked, failed },
  cue2: { cued: to("play2") },
  play2: { ended: (state, { at }) => ({ ...state, name: "asking", ended: at }), blocked, failed },
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
    conflict: to("done"),
  },
  revealed: { next: to("done") },
  done: {},
};
