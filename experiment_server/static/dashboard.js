/** Keeps a page of the dashboard fresh: asks for it anew, and puts the live parts that changed in place. */

const EVERY_MS = 10_000;
const stale = document.getElementById("stale");
let asked = new Date();

function put(fresh) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(old.id);
    const isInUse = old.contains(document.activeElement) && old !== document.activeElement;
    if (!next || isInUse || next.outerHTML === old.outerHTML) continue;
    old.className = next.className;
    old.innerHTML = next.innerHTML;
  }
}

async function refresh() {
  if (document.hidden || !getSelection().isCollapsed) return;
  try {
    const reply = await fetch(location.href, { cache: "no-store" });
    if (reply.redirected) location.assign(reply.url); // the session is over
    if (!reply.ok) throw new Error(String(reply.status));
    put(new DOMParser().parseFromString(await reply.text(), "text/html"));
    asked = new Date();
    stale.hidden = true;
  } catch {
    stale.textContent = `The server did not answer. These numbers are from ${asked.toLocaleTimeString()}.`;
    stale.hidden = false;
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
