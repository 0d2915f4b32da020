/** The headphone test: shows what `headphones_state` says. Which interval is right stays on the server. */

import { choiceOf, setEnabled } from "./controls.js";
import { heardAt, start, step } from "./headphones_state.js";
import { Blocked, load, play, release } from "./player.js";
import { tell } from "./report.js";
import { $, api, due, explain, fill, texts } from "./session.js";

const audio = $("audio");
const choices = [1, 2, 3].map((number) => $(`choice-${number}`));

const STATUS = {
  loading: texts.headphones_loading,
  failed: texts.failed,
  ready: texts.headphones_ready,
  playing: texts.headphones_listen,
};

let test = null;
let state = null;
let sounds = [];

function send(event) {
  const before = state;
  state = step(state, event);
  if (state === before) return;
  show();
  void EFFECTS[state.name]?.();
}

const EFFECTS = {
  loading: async () => {
    try {
      sounds = await load([test.sound]);
      send({ type: "loaded" });
    } catch (error) {
      tell("load_failed", error);
      send({ type: "failed" });
    }
  },
  playing: async () => {
    requestAnimationFrame(follow);
    try {
      await play(audio, sounds[0]);
      send({ type: "ended" });
    } catch (error) {
      const isBlocked = error instanceof Blocked;
      tell(isBlocked ? "blocked" : "play_failed", error);
      send({ type: isBlocked ? "blocked" : "failed" });
    }
  },
  saving: async () => {
    try {
      await api("headphones", { sound: test.sound, interval: state.interval });
      send({ type: "kept" });
    } catch (error) {
      if (error.status === 409) send({ type: "kept" }); // answered in another window
      else explain(error);
    }
  },
  done: () => next(),
};

/** Light up the interval that is heard, as long as the sound plays. */
function follow() {
  const heard = state.name === "playing" ? heardAt(test.kind, audio.currentTime) : 0;
  choices.forEach((button, index) => button.classList.toggle("sounding", heard === index + 1));
  if (state.name === "playing") requestAnimationFrame(follow);
}

async function next() {
  const last = test;
  release(sounds);
  sounds = [];
  test = (await due("headphones"))?.test;
  if (!test) return;
  showProgress(0);
  if (last?.kind === test.kind && last.attempt === test.attempt) begin();
  else introduce({ isFirst: last === null });
}

function introduce({ isFirst }) {
  $("test").hidden = true;
  $("intro").hidden = false;
  $("again").hidden = !(test.attempt > 1 && test.position === 1);
  $("first").hidden = !isFirst || !$("again").hidden;
  document.querySelectorAll("[data-kind]").forEach((text) => {
    text.hidden = text.dataset.kind !== test.kind;
  });
  $("start").focus();
}

function begin() {
  $("intro").hidden = true;
  $("test").hidden = false;
  state = start();
  choices.forEach((button, index) => {
    button.querySelector("span").textContent = fill(texts[`${test.kind}_choice`], {
      number: index + 1,
    });
  });
  show();
  void EFFECTS.loading();
}

function show() {
  $("test").dataset.state = state.name;
  $("status").textContent = statusText(state);
  choices.forEach((button, index) => {
    setEnabled(button, state.name === "asking");
    button.classList.toggle("chosen", state.interval === index + 1);
    button.setAttribute("aria-pressed", String(state.interval === index + 1));
  });
  $("play").textContent = state.name === "failed" ? texts.retry_button : texts.play_button;
  setEnabled($("play"), ["ready", "failed"].includes(state.name));
  $("play").classList.toggle("away", ["asking", "saving", "done"].includes(state.name));
  if (!$("play").disabled) $("play").focus();
  if (state.name === "done") showProgress(1);
}

function showProgress(n_done) {
  const { position, count } = test;
  $("count").textContent = fill(texts.headphones_progress, { position, count });
  $("progress").max = count;
  $("progress").value = position - 1 + n_done;
}

function statusText({ name, blocked }) {
  if (name === "asking") return texts[`${test.kind}_question`];
  return (blocked ? texts.sound_blocked : STATUS[name]) ?? texts.saving;
}

function act() {
  send({ type: state.name === "failed" ? "retry" : "play" });
}

$("play").addEventListener("click", act);
$("start").addEventListener("click", begin);
choices.forEach((button, index) =>
  button.addEventListener("click", () => send({ type: "choose", interval: index + 1 })),
);

addEventListener("keydown", (event) => {
  if (!state || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const interval = choiceOf(event, choices.length);
  if (interval) send({ type: "choose", interval });
  if (event.key === " " && !event.target.closest("button") && !$("test").hidden) {
    event.preventDefault(); // a focused button answers to the space bar by itself
    act();
  }
});

void next();
