/** What the pages of both tasks have: the log, answers that are kept, and a question before leaving. */

import { EventLog } from "./events.js";
import { post } from "./report.js";
import { api, explain, texts } from "./session.js";

const SETTLED_MS = 500; // a window's border is dragged in many small steps

/**
 * Begin the log, and note the page itself: seen or hidden, in use or not, connected or not, which size.
 * @param {() => object} about what each event belongs to
 * @returns {EventLog}
 */
export function logOf(about) {
  const log = new EventLog(async (events) => {
    try {
      await post(events);
      return true;
    } catch (error) {
      return error.status >= 400 && error.status < 500; // asking again would not help
    }
  });
  for (const kind of ["blur", "focus", "offline", "online"]) {
    addEventListener(kind, () => log.note(kind, about()));
  }
  document.addEventListener("visibilitychange", () => {
    log.note(document.hidden ? "hidden" : "visible", about());
    if (document.hidden) void log.flush(); // the page may never be seen again
  });
  let timer = null;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      log.note("resize", { ...about(), detail: `${innerWidth}x${innerHeight}` });
    }, SETTLED_MS);
  });
  addEventListener("pagehide", () => log.flushAndLeave());
  return log;
}

/**
 * Have the server keep what ends a trial or labelling.
 * @param {string} what part of the API
 * @param {object} body
 * @param {(event: object) => void} send is told that it is kept, or that another window was first
 */
export async function keep(what, body, send) {
  try {
    const reply = await api(what, body);
    send({ type: "kept", correct: reply.correct_interval });
  } catch (error) {
    if (error.status === 409) send({ type: "conflict" });
    else explain(error);
  }
}

/** What the server does not have yet would be lost with the page. */
export function askBeforeLeaving(isUnsaved) {
  addEventListener("beforeunload", (event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    event.returnValue = texts.saving; // what older browsers look at
  });
}
