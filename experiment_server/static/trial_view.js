/** What the trial page shows in each state; it draws, and decides nothing. */

import { setEnabled } from "./controls.js";
import { $, fill, texts } from "./session.js";
import { canAnswer, canPlay, replaysLeft, sounding } from "./trial_state.js";

export const choices = [$("choice-1"), $("choice-2")];
const sounds = [texts.sound_1, texts.sound_2];

const OVER = ["revealed", "told", "done"]; // the trial counts as gone through
const BUTTONS = {
  failed: texts.retry_button,
  asking: texts.replay_button,
  revealed: texts.next_button,
  told: texts.told_button,
};
const STATUS = {
  loading: texts.loading,
  failed: texts.failed,
  ready: texts.ready,
  asking: texts.question,
  saving: texts.saving,
  spoiling: texts.saving,
  done: texts.saving,
};

/** Show a trial in a state. */
export function show(trial, state) {
  const { phase, position, count } = trial;
  $("interlude").hidden = true;
  $("pair").hidden = false;
  $("pair").dataset.state = state.name;
  $("count").textContent = fill(texts[`${phase}_progress`], { position, count });
  $("progress").max = count;
  $("progress").value = position - (OVER.includes(state.name) ? 0 : 1);
  $("cue").textContent = state.name.startsWith("cue") ? sounds[sounding(state) - 1] : "";
  $("status").textContent = statusText(state);
  choices.forEach((button, index) => showChoice(button, index + 1, state));
  showAction(state);
}

/** Say that the practice is over. */
export function showInterlude() {
  $("pair").hidden = true;
  $("interlude").hidden = false;
  $("go-on").focus();
}

function statusText({ name, blocked, interval, correct, why }) {
  if (name === "ready" && blocked) return texts.blocked;
  if (name === "told") return texts[`told_${why}`];
  if (name !== "revealed") return STATUS[name] ?? texts.listen;
  return fill(interval === correct ? texts.right : texts.wrong, { sound: sounds[correct - 1] });
}

function showChoice(button, number, state) {
  setEnabled(button, canAnswer(state));
  button.classList.toggle("sounding", sounding(state) === number);
  button.classList.toggle("chosen", state.interval === number);
  button.classList.toggle("correct", state.correct === number);
  button.setAttribute("aria-pressed", String(state.interval === number));
}

/** One button does what comes next: play, play again, try again, or go on. */
function showAction(state) {
  const action = $("action");
  const isLive = canPlay(state) || ["failed", "revealed", "told"].includes(state.name);
  action.textContent = BUTTONS[state.name] ?? texts.play_button;
  setEnabled(action, isLive);
  action.classList.toggle("away", !isLive && ["asking", "saving", "spoiling", "done"].includes(state.name));
  $("aside").textContent =
    state.name === "asking" && state.allowed
      ? fill(texts.replays_left, { count: replaysLeft(state) })
      : "";
  if (isLive && state.name !== "asking") action.focus();
}
