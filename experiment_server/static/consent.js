/** Consent: agreeing enrols, once, however often the request has to be sent. */

import { askJson } from "./api.js";
import { go, notice, onLost, token } from "./session.js";

const agree = document.getElementById("agree");
const wish = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

agree.addEventListener("click", async () => {
  agree.disabled = true;
  try {
    const { token: own } = await askJson("api/participants", { body: { request: wish }, onLost });
    go("instructions", own);
  } catch (error) {
    notice(error.message);
    agree.disabled = false;
  }
});

if (token()) go("instructions");
else agree.disabled = false;
