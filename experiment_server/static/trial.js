/** The trial page: does what `trial_state` asks for, tells it what happens, and keeps the log. */

import { choiceOf } from "./controls.js";
import { Blocked, Halted, load, play, release } from "./player.js";
import { $, data, due } from "./session.js";
import { askBeforeLeaving, keep, logOf } from "./task.js";
import { sounding, start, step } from "./trial_state.js";
import { choices, show, showInterlude } from "./trial_view.js";

let trial = null;
let state = null;
let clips = [];

const log = logOf(about);

function about() {
  return trial ? { nonce: trial.nonce } : {};
}

function send(event) {
  const before = state;
  state = step(state, event);
  if (state === before) return;
  if (event.type === "play" && before.name === "asking") log.note("replay", about());
  show(trial, state);
  void EFFECTS[state.name]?.();
}

const EFFECTS = {
  loading: async () => {
    try {
      release(clips);
      clips = await load(trial.clips);
      send({ type: "loaded" });
    } catch (error) {
      fail("load_failed", error);
    }
  },
  cue1: () => setTimeout(() => send({ type: "cued" }), data.cue_ms),
  cue2: () => setTimeout(() => send({ type: "cued" }), data.cue_ms),
  play1: () => playClip(),
  play2: () => playClip(),
  saving: () => {
    const { interval, rt_ms, replays } = state;
    return settle("answer", { interval, rt_ms, replays });
  },
  spoiling: () => settle("invalid", { reason: state.reason }),
  done: () => next(),
};

async function playClip() {
  const interval = sounding(state);
  const tell = (kind, detail) => log.note(kind, { ...about(), interval, detail });
  try {
    const { ended, overrun_ms } = await play($("video"), clips[interval - 1], tell);
    send({ type: "ended", at: ended, overrun_ms });
  } catch (error) {
    if (error instanceof Blocked) {
      tell("blocked");
      send({ type: "blocked" });
    } else fail("play_failed", error, interval);
  }
}

function fail(kind, error, interval) {
  log.note(kind, { ...about(), interval, detail: String(error.message).slice(0, 200) });
  if (error instanceof Halted) send({ type: "halted" });
  else send({ type: "failed", isOffline: !navigator.onLine });
}

async function settle(what, body) {
  await keep(what, { nonce: trial.nonce, ...body }, send);
  void log.flush();
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
  state = start(trial);
  show(trial, state);
  void EFFECTS.loading();
}

function act() {
  if (state.name === "failed") send({ type: "retry" });
  else if (["revealed", "told"].includes(state.name)) send({ type: "next" });
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
  const choice = choiceOf(event, choices.length);
  if (choice) choose(choice);
  if (event.key === " " && !event.target.closest("button")) {
    event.preventDefault(); // a focused button answers to the space bar by itself
    if ($("interlude").hidden) act();
  }
});

askBeforeLeaving(() => ["saving", "spoiling"].includes(state?.name));
void next();
