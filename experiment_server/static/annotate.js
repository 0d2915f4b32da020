/** The annotation page: does what `annotate_state` asks for, tells it what happens, and keeps the log. */

import { answer, start, step } from "./annotate_state.js";
import { choices, show, showPaused, showRoom, showTime } from "./annotate_view.js";
import { load, release } from "./player.js";
import { $, due } from "./session.js";
import { askBeforeLeaving, keep, logOf } from "./task.js";

const STEP = 0.01; // of the picture, that an arrow moves the cross by
const LONG_STEP = 0.05; // with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PATIENCE_MS = 8000; // for a loaded clip to show its first picture

const click = $("labelling").dataset.click === "true";
const clip = $("clip");

let labelling = null;
let state = null;
let addresses = [];
let last_s = 0;

const log = logOf(about);

function about(detail) {
  return { detail: [`impact ${labelling?.position ?? 0}`, detail].filter(Boolean).join(": ") };
}

function send(event) {
  const before = state;
  state = step(state, event);
  if (state === before) return;
  show(labelling, state);
  if (state.name !== before.name) void EFFECTS[state.name]?.();
}

const EFFECTS = {
  loading: async () => {
    try {
      release(addresses);
      addresses = await load([labelling.clip]);
      await Promise.all([seek(clip, 0), click && seek($("still"), labelling.still_s)]);
      send({ type: "loaded" });
    } catch (error) {
      fail("load_failed", error);
    }
  },
  answering: () => {
    void resume();
    (click ? $("place") : choices[0]).focus();
  },
  saving: () => settle("label", answer(state)),
  spoiling: () => settle("label-failed", { detail: "the clip could not be loaded or played" }),
  done: () => next(),
};

/** Load a clip into an element and show its picture at a time. */
function seek(video, time_s) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it took too long")), PATIENCE_MS);
    const settle = (then) => (event) => {
      clearTimeout(timer);
      then(event);
    };
    video.onerror = settle(() => reject(new Error(video.error?.message || "it can't be shown")));
    video.onseeked = settle(resolve);
    video.onloadeddata = () => {
      video.currentTime = time_s;
    };
    [video.src] = addresses;
  });
}

async function resume() {
  try {
    await clip.play();
  } catch (error) {
    if (error.name === "AbortError") return; // it was halted, or gone on from, meanwhile
    if (error.name === "NotAllowedError") log.note("blocked", about()); // the button lets it play
    else fail("play_failed", error);
  }
}

function fail(kind, error) {
  log.note(kind, about(String(error.message).slice(0, 200)));
  send({ type: "failed", isOffline: !navigator.onLine });
}

async function settle(what, body) {
  await keep(what, { nonce: labelling.nonce, ...body }, send);
  void log.flush();
}

async function next() {
  const { labelling: handedOut } = (await due("annotate")) ?? {};
  if (!handedOut) {
    $("labelling").hidden = !labelling; // without a valid link there is nothing to show
    return;
  }
  labelling = handedOut;
  state = start({ click });
  last_s = 0;
  showRoom(labelling);
  show(labelling, state);
  void EFFECTS.loading();
}

/** Follow the clip as long as the page is shown. */
function follow() {
  if (state?.name === "answering") {
    const now_s = clip.currentTime;
    if (now_s < last_s) send({ type: "replayed" });
    last_s = now_s;
    showTime(now_s, labelling.impact_s, clip.duration || 1);
  }
  requestAnimationFrame(follow);
}

function toggle() {
  if (state?.name !== "answering") return;
  if (clip.paused) void resume();
  else clip.pause();
}

/** Take a key on the still picture; tell whether it was one of its own. */
function steer(event) {
  if (event.key === "Enter") send({ type: "set" });
  const [x, y] = ARROWS[event.key] ?? [0, 0];
  const by = event.shiftKey ? LONG_STEP : STEP;
  if (x || y) send({ type: "move", x: x * by, y: y * by });
  return event.key === "Enter" || Boolean(x || y);
}

/** Find the choice that a key names: by its character, or digits by their place (French, Czech). */
function choiceOf({ key, code }) {
  const wanted = key.toLowerCase();
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1];
  const named = (name) => choices.find((choice) => choice.dataset.key && choice.dataset.key === name);
  return named(wanted) ?? named(digit);
}

function take(choice) {
  send({ type: "choose", kind: choice.name, value: choice.value || null });
}

clip.addEventListener("playing", () => {
  if (state.began === null) log.note("playing", about());
  send({ type: "began", at: performance.now() });
  showPaused(false);
});
clip.addEventListener("pause", () => showPaused(true));
for (const kind of ["waiting", "stalled"]) {
  clip.addEventListener(kind, () => state?.name === "answering" && log.note(kind, about()));
}

$("pause").addEventListener("click", toggle);
$("frame").addEventListener("click", toggle);
$("unseen")?.addEventListener("click", () => send({ type: "unseen" }));
$("place")?.addEventListener("click", ({ clientX, clientY }) => {
  const { left, top, width, height } = $("still").getBoundingClientRect();
  send({ type: "point", x: (clientX - left) / width, y: (clientY - top) / height });
});
choices.forEach((choice) => choice.addEventListener("change", () => take(choice)));
$("go-on").addEventListener("click", () => send({ type: state.name === "failed" ? "retry" : "next" }));
$("labelling").addEventListener("submit", (event) => {
  event.preventDefault();
  send({ type: "submit", at: performance.now() });
});

addEventListener("keydown", (event) => {
  if (state?.name !== "answering" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === $("place") && steer(event)) event.preventDefault();
  else if (event.key === " " && !event.target.closest("button, input")) {
    event.preventDefault(); // the page would scroll
    if (!event.repeat) toggle();
  } else {
    const choice = choiceOf(event);
    if (!choice || event.repeat) return;
    choice.focus(); // so that Enter, then, submits
    take(choice);
  }
});

askBeforeLeaving(() => ["saving", "spoiling"].includes(state?.name));
requestAnimationFrame(follow);
void next();
