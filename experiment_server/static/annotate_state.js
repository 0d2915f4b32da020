/**
 * What happens while an impact is labelled, as a pure state machine: no clock, no page, no network.
 *
 * loading -> answering -> saving -> done
 *
 * What can't be loaded or played is tried again; failing that, the clip is given up: spoiling -> told ->
 * done. An answer that another window gave before ends in told, too.
 *
 * An event that does not belong to a state changes nothing: that is what makes a second submit dead. A
 * labelling records `labels` (by kind; null for can't tell), `place` (shares of the picture from its upper
 * left corner, rounded to 1/10000; null for can't see), `rt_ms` (ms from the first playing of the clip to
 * the answer, performance.now()) and `replays` (times the clip began again).
 */

import { conflict, ENDS, failed, stepBy, to } from "./machine.js";

const KINDS = ["material", "action", "reaction"];
const STEPS = 10000; // of a place, across and down

/**
 * @param {{click: boolean}} wanted whether the study asks for the place
 * @returns {object} the state before anything is loaded
 */
export function start({ click }) {
  const aim = { x: 0.5, y: 0.5 };
  return { name: "loading", click, labels: {}, place: undefined, aim, began: null, replays: 0, tries: 0 };
}

/** @returns {string[]} what is still to be said: "place" and kinds of labels */
export function missing(state) {
  const kinds = KINDS.filter((kind) => state.labels[kind] === undefined);
  return state.click && state.place === undefined ? ["place", ...kinds] : kinds;
}

/** @returns {object} what the server is told of an answer */
export function answer({ labels, place, rt_ms, replays }) {
  return { ...labels, x: place?.x ?? null, y: place?.y ?? null, rt_ms, replays };
}

const within = (share) => Math.round(Math.min(Math.max(share, 0), 1) * STEPS) / STEPS;
const at = ({ x, y }) => ({ x: within(x), y: within(y) });

const RULES = {
  loading: { loaded: to("answering"), failed },
  answering: {
    failed,
    began: (state, { at: began }) => (state.began === null ? { ...state, began } : state),
    replayed: (state) => ({ ...state, replays: state.replays + 1 }),
    choose: (state, { kind, value }) => ({ ...state, labels: { ...state.labels, [kind]: value } }),
    move: (state, { x, y }) => ({ ...state, aim: at({ x: state.aim.x + x, y: state.aim.y + y }) }),
    set: (state) => ({ ...state, place: state.aim }),
    point: (state, where) => ({ ...state, aim: at(where), place: at(where) }),
    unseen: (state) => ({ ...state, place: null }),
    submit: (state, { at: now }) =>
      missing(state).length ? state : { ...state, name: "saving", rt_ms: now - (state.began ?? now) },
  },
  saving: { kept: to("done"), conflict },
  ...ENDS,
};

/** Take an event: its type, and its `at` (ms), `kind` and `value`, `x` and `y`, or `isOffline`. */
export const step = stepBy(RULES);
