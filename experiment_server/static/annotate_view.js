/** What the annotation page shows in each state; it draws, and decides nothing. */

import { setEnabled } from "./controls.js";
import { $, fill, texts } from "./session.js";
import { missing } from "./annotate_state.js";

export const choices = [...document.querySelectorAll("#labelling input")];

const LIT_S = [-0.05, 0.25]; // of the impact's time, while the frame lights up
const TROUBLE = ["failed", "told"];

/** Show a labelling in a state. */
export function show({ position, count }, state) {
  const isLive = state.name === "answering";
  const left = missing(state);
  $("labelling").dataset.state = state.name;
  $("labelling").hidden = TROUBLE.includes(state.name);
  $("count").textContent = fill(texts.main_progress, { position, count });
  $("progress").max = count;
  $("progress").value = position - (["told", "done"].includes(state.name) ? 0 : 1);
  choices.forEach((choice) => {
    choice.disabled = !isLive;
    choice.checked = (choice.value || null) === state.labels[choice.name];
  });
  $("pause").disabled = !isLive;
  setEnabled($("submit"), isLive && !left.length);
  $("status").textContent = statusText(state, left);
  if (state.click) showPlace(state, isLive);
  showTrouble(state);
}

/** Give the pictures their room before they are loaded, so that nothing jumps. */
export function showRoom({ width, height }) {
  $("labelling").style.setProperty("--aspect", width / height);
}

/** Show where the clip is, and light its frame up at the impact. */
export function showTime(now_s, impact_s, duration_s) {
  $("head").style.left = `${(100 * now_s) / duration_s}%`;
  $("mark").style.left = `${(100 * impact_s) / duration_s}%`;
  const since_s = now_s - impact_s;
  $("frame").classList.toggle("lit", since_s >= LIT_S[0] && since_s <= LIT_S[1]);
}

export function showPaused(isPaused) {
  $("pause").textContent = isPaused ? texts.resume_button : texts.pause_button;
}

function statusText(state, left) {
  if (state.name === "loading") return texts.loading;
  if (state.name !== "answering") return texts.saving;
  const what = left.map((kind) => texts[`missing_${kind}`]).join(", ");
  return left.length ? fill(texts.missing, { what }) : texts.complete;
}

function showPlace({ aim, place }, isLive) {
  const percent = (share) => Math.round(100 * share);
  put($("aim"), aim);
  $("point").hidden = !place;
  if (place) put($("point"), place);
  $("place").tabIndex = isLive ? 0 : -1;
  $("place").ariaLabel = fill(texts.place_label, { x: percent(aim.x), y: percent(aim.y) });
  $("unseen")?.setAttribute("aria-pressed", String(place === null));
  if ($("unseen")) $("unseen").disabled = !isLive;
}

function put(cross, { x, y }) {
  cross.style.left = `${100 * x}%`;
  cross.style.top = `${100 * y}%`;
}

function showTrouble(state) {
  const isTrouble = TROUBLE.includes(state.name);
  $("trouble").hidden = !isTrouble;
  if (!isTrouble) return;
  $("trouble-text").textContent = state.name === "failed" ? texts.failed : texts[`told_${state.why}`];
  $("go-on").textContent = state.name === "failed" ? texts.retry_button : texts.told_button;
  $("go-on").focus();
}
