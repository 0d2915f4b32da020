/** Tells the log of the page itself: seen or hidden, in use or not, connected or not, which size. */

const SETTLED_MS = 500; // a window's border is dragged in many small steps

/**
 * @param {EventLog} log
 * @param {() => object} about what each event belongs to
 */
export function watch(log, about) {
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
}
