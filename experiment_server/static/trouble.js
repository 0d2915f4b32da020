/** Tells the server of a sound that did not load or play, in the pages before the first trial. */

import { ask } from "./api.js";
import { token } from "./session.js";

/**
 * @param {"load_failed"|"play_failed"|"blocked"} kind
 * @param {Error} error
 */
export function tell(kind, error) {
  const event = { kind, ms: performance.now(), utc: new Date().toISOString(), detail: error.message };
  ask("api/events", { token: token(), body: { events: [event] }, attempts: 1 }).catch(() => {});
}
