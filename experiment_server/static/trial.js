/** The trial page: shows what `trial_state` says, and tells it what happens. */

import { Blocked, load, play, release } from "./player.js";
import { api, data, due, fill, notice, texts } from "./session.js";
import { canAnswer, canPlay, choiceOf, replaysLeft, sounding, start, step } from "./trial_state.js";

const $ = (id) => document.getElementById(id);
const choices = [$("choice-1"), $("choice-2")];
const sounds = [texts.sound_1, texts.sound_2];

let trial = null;
let state = null;
let clips = [];

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
      clips = await load(trial.clips);
      send({ type: "loaded" });
    } catch {
      send({ type: "failed" });
    }
  },
  cue1: () => setTimeout(() => send({ type: "cued" }), data.cue_ms),
  cue2: () => setTimeout(() => send({ type: "cued" }), data.cue_ms),
  play1: () => playClip(0),
  play2: () => playClip(1),
  saving: async () => {
    const { interval, rt_ms, replays } = state;
    const { phase, position } = trial;
    try {
      const reply = await api("answer", { phase, position, interval, rt_ms, replays });
      send({ type: "kept", correct: reply.correct_interval });
    } catch (error) {
      if (error.status === 409) send({ type: "conflict" }); // answered in another window
      else notice(error.message);
    }
  },
  done: () => next(),
};

async function playClip(index) {
  try {
    send({ type: "ended", at: await play($("video"), clips[index]) });
  } catch (error) {
    send({ type: error instanceof Blocked ? "blocked" : "failed" });
  }
}

async function next() {
  const last = trial;
  release(clips);
  clips = [];
  const { trial: handedOut } = (await due("trial")) ?? {};
  if (!handedOut) {
    $("pair").hidden = !last; // without a valid link there is nothing to show
    return;
  }
  trial = handedOut;
  if (last?.phase === "practice" && trial.phase === "main") showInterlude();
  else begin();
}

function begin() {
  $("interlude").hidden = true;
  $("pair").hidden = false;
  state = start(trial);
  show();
  void EFFECTS.loading();
}

function showInterlude() {
  $("pair").hidden = true;
  $("interlude").hidden = false;
  $("go-on").focus();
}

function show() {
  const { phase, position, count } = trial;
  $("pair").dataset.state = state.name;
  $("count").textContent = fill(texts[`${phase}_progress`], { position, count });
  $("progress").max = count;
  $("progress").value = position - (["revealed", "done"].includes(state.name) ? 0 : 1);
  $("cue").textContent = state.name.startsWith("cue") ? sounds[sounding(state) - 1] : "";
  $("status").textContent = statusText();
  choices.forEach(showChoice);
  showAction();
}

function statusText() {
  switch (state.name) {
    case "loading":
      return texts.loading;
    case "failed":
      return texts.failed;
    case "ready":
      return state.blocked ? texts.blocked : texts.ready;
    case "asking":
      return texts.question;
    case "saving":
    case "done":
      return texts.saving;
    case "revealed":
      return fill(state.interval === state.correct ? texts.right : texts.wrong, {
        sound: sounds[state.correct - 1],
      });
    default:
      return texts.listen;
  }
}

function showChoice(button, index) {
  setEnabled(button, canAnswer(state));
  button.classList.toggle("sounding", sounding(state) === index + 1);
  button.classList.toggle("chosen", state.interval === index + 1);
  button.classList.toggle("correct", state.correct === index + 1);
  button.setAttribute("aria-pressed", String(state.interval === index + 1));
}

/** One button does what comes next: play, play again, try again, or the next pair. */
function showAction() {
  const labels = {
    failed: texts.retry_button,
    asking: texts.replay_button,
    revealed: texts.next_button,
  };
  const action = $("action");
  action.textContent = labels[state.name] ?? texts.play_button;
  setEnabled(action, canPlay(state) || ["failed", "revealed"].includes(state.name));
  action.classList.toggle("away", ["asking", "saving", "done"].includes(state.name) && !canPlay(state));
  $("aside").textContent =
    state.name === "asking" && state.allowed
      ? fill(texts.replays_left, { count: replaysLeft(state) })
      : "";
  if (!action.disabled && state.name !== "asking") action.focus();
}

/** A disabled button that keeps the focus swallows keys in some browsers. */
function setEnabled(button, enabled) {
  if (!enabled) button.blur();
  button.disabled = !enabled;
}

function act() {
  if (state.name === "failed") send({ type: "retry" });
  else if (state.name === "revealed") send({ type: "next" });
  else send({ type: "play" });
}

function choose(interval) {
  send({ type: "choose", interval, at: performance.now() });
}

$("action").addEventListener("click", act);
$("go-on").addEventListener("click", begin);
$("stage").addEventListener("click", () => state?.name === "ready" && act());
choices.forEach((button, index) => button.addEventListener("click", () => choose(index + 1)));

addEventListener("keydown", (event) => {
  if (!state || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const choice = choiceOf(event);
  if (choice) choose(choice);
  if (event.key === " " && !event.target.closest("button")) {
    event.preventDefault(); // a focused button answers to the space bar by itself
    if ($("interlude").hidden) act();
  }
});

// An answer that the server does not have yet would be lost with the page.
addEventListener("beforeunload", (event) => {
  if (state?.name !== "saving") return;
  event.preventDefault();
  event.returnValue = texts.saving; // what older browsers look at
});

void next();
