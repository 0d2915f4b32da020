/** The end: what became of the session, the completion code, and the way back. */

import { $, due, fill, texts } from "./session.js";

const REDIRECT_AFTER_S = 5; // for those who finished; the others have something to read

$("copy").addEventListener("click", async () => {
  getSelection().selectAllChildren($("code"));
  $("copy").textContent = (await copied()) ? texts.copied : texts.copy_button;
});

/** Some frames may not use the clipboard, but may copy what is selected. */
async function copied() {
  try {
    await navigator.clipboard.writeText($("code").textContent);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

const WAYS_BACK = {
  none: () => {
    $("way-back").textContent = texts.departure_none;
    $("code-label").textContent = texts.code_label;
  },
  get: ({ url }, outcome) => {
    offer(texts.departure_get, texts.departure_button, () => location.assign(url));
    if (outcome === "complete") countDown(REDIRECT_AFTER_S, url);
  },
  post: ({ url, fields }) => {
    const form = $("departure");
    form.action = url;
    form.append(...Object.entries(fields).map(hiddenField));
    offer(texts.departure_post, texts.departure_submit_button, () => form.submit());
  },
};

function offer(sentence, label, leave) {
  $("way-back").textContent = sentence;
  $("code-label").textContent = texts.code_spare_label;
  $("leaving").hidden = false;
  $("leave").textContent = label;
  $("leave").addEventListener("click", leave);
}

function countDown(seconds, url) {
  $("wait").textContent = fill(texts.departure_wait, { seconds });
  if (seconds === 0) location.assign(url);
  else setTimeout(() => countDown(seconds - 1, url), 1000);
}

function hiddenField([name, value]) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  return field;
}

const end = await due("thanks");
if (end) {
  document.querySelector(`[data-outcome="${end.outcome}"]`).hidden = false;
  $("code").textContent = end.code;
  WAYS_BACK[end.departure.method](end.departure, end.outcome);
  $("end").hidden = false;
  $("copy").disabled = false;
}
