/** The headphone test's state machine, run by `node --test`. */

import assert from "node:assert/strict";
import test from "node:test";

import { heardAt, start, step } from "../experiment_server/static/headphones_state.js";

const run = (...types) => types.reduce((state, type) => step(state, { type }), start());
const choose = (interval) => ({ type: "choose", interval });

test("a sound is loaded, played once, and asked about", () => {
  assert.equal(run("loaded", "play", "ended").name, "asking");
  assert.equal(run("loaded", "play", "ended", "play").name, "asking");
});

test("an answer is taken when the sound is over and not before", () => {
  for (const state of [run(), run("loaded"), run("loaded", "play")]) {
    assert.equal(step(state, choose(2)), state);
  }
  assert.deepEqual(step(run("loaded", "play", "ended"), choose(2)), { name: "saving", interval: 2 });
});

test("the first choice stands", () => {
  const saving = step(run("loaded", "play", "ended"), choose(2));
  assert.equal(step(saving, choose(3)), saving);
  assert.deepEqual(step(saving, { type: "kept" }), { name: "done", interval: 2 });
});

test("a sound that the browser held back is offered again, as is one that failed", () => {
  assert.deepEqual(run("loaded", "play", "blocked"), { name: "ready", blocked: true });
  assert.equal(run("loaded", "play", "blocked", "play").name, "playing");
  assert.equal(run("failed").name, "failed");
  assert.equal(run("loaded", "play", "failed", "retry", "loaded").name, "ready");
});

test("the interval that is heard follows the sound's own time", () => {
  const times = [0, 0.99, 1, 1.49, 1.5, 2, 2.5, 3, 3.99, 4, 4.99, 5];
  assert.deepEqual(times.map((t) => heardAt("huggins", t)), [1, 1, 0, 0, 0, 2, 2, 0, 0, 3, 3, 0]);
  assert.deepEqual(times.map((t) => heardAt("antiphase", t)), [1, 1, 0, 0, 2, 2, 0, 3, 3, 0, 0, 0]);
});
