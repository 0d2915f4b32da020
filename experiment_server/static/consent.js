/** Consent: agreeing enrols, once, however often the request has to be sent. */

import { askJson } from "./api.js";
import { capabilities } from "./browser.js";
import { $, explain, go, onLost, texts, token } from "./session.js";

const agree = $("agree");

/** What this arrival is called; a page loaded again is still the same arrival. */
function wish() {
  const request = history.state?.request ?? random();
  history.replaceState({ request }, "");
  return request;
}

function random() {
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function refuse(reason) {
  document.querySelector("h1").textContent = texts.refused_heading;
  document.querySelector(".prose").textContent = reason;
  agree.hidden = true;
}

agree.addEventListener("click", async () => {
  agree.disabled = true;
  const body = {
    request: wish(),
    arrival: Object.fromEntries(new URLSearchParams(location.search)),
    browser: capabilities(window),
    consent_sha256: agree.dataset.consent,
  };
  try {
    const { token: own, page } = await askJson("api/participants", { body, onLost });
    go(page, own); // in place of this page, and of the panel's ids in its address
  } catch (error) {
    if (error.status === 403) refuse(error.message);
    else if (error.status === 409) location.reload(); // the text was changed meanwhile: show the new one
    else explain(error);
    agree.disabled = false;
  }
});

if (token()) go("instructions");
else agree.disabled = false;
