/**
 * What happens in a trial of the headphone test, as a pure state machine: no clock, page or network.
 *
 * loading -> ready -> playing -> asking -> saving -> done
 *
 * Each sound plays once. An event that does not belong to a state changes nothing.
 */

import { stepBy } from "./machine.js";

/** How far the three intervals of a sound are apart (s), as experiment_server/screening/sounds.py has it. */
const EVERY_S = { huggins: 2, antiphase: 1.5 };
const INTERVAL_S = 1;

/** @returns {object} the state before the sound is loaded */
export function start() {
  return { name: "loading" };
}

/**
 * Which interval is heard at a time.
 * @param {"huggins"|"antiphase"} kind
 * @param {number} time_s from the sound's beginning
 * @returns {number} 1, 2 or 3; 0 in the gaps and after the end
 */
export function heardAt(kind, time_s) {
  const index = Math.floor(time_s / EVERY_S[kind]);
  return index < 3 && time_s - index * EVERY_S[kind] < INTERVAL_S ? index + 1 : 0;
}

const to = (name) => () => ({ name });

const RULES = {
  loading: { loaded: to("ready"), failed: to("failed") },
  failed: { retry: to("loading") },
  ready: { play: to("playing") },
  playing: {
    ended: to("asking"),
    blocked: () => ({ name: "ready", blocked: true }),
    failed: to("failed"),
  },
  asking: { choose: (_state, { interval }) => ({ name: "saving", interval }) },
  saving: { kept: (state) => ({ ...state, name: "done" }) },
  done: {},
};

/** Take an event: its type, and the `interval` that was chosen. */
export const step = stepBy(RULES);
