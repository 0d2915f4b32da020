/** Tells the server of events in a page, once: what gets lost here is noted nowhere. */

import { ask } from "./api.js";
import { token } from "./session.js";

/** @param {object[]} events */
export function post(events) {
  return ask("api/events", { token: token(), body: { events }, attempts: 1, keepalive: true });
}

/**
 * Tell of a sound that did not load or play, in the pages before the first trial.
 * @param {"load_failed"|"play_failed"|"blocked"} kind
 * @param {Error} error
 */
export function tell(kind, error) {
  const event = { kind, ms: performance.now(), utc: new Date().toISOString(), detail: error.message };
  post([event]).catch(() => {});
}
