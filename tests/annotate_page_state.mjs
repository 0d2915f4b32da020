/** The annotation page's state machine, run by `node --test`. */

import assert from "node:assert/strict";
import test from "node:test";

import { answer, missing, start, step } from "../experiment_server/static/annotate_state.js";

const run = (state, ...events) => events.reduce(step, state);
const fresh = (click = true) => run(start({ click }), { type: "loaded" });
const choose = (kind, value) => ({ type: "choose", kind, value });
const CHOICES = [choose("material", "wood"), choose("action", "hit"), choose("reaction", null)];
const submit = (at = 5000) => ({ type: "submit", at });

test("an answer wants the place and one label of each kind", () => {
  let state = fresh();
  assert.deepEqual(missing(state), ["place", "material", "action", "reaction"]);
  for (const event of [{ type: "point", x: 0.2, y: 0.3 }, ...CHOICES]) {
    assert.equal(step(state, submit()), state);
    state = step(state, event);
  }
  assert.deepEqual(missing(state), []);
  assert.equal(step(state, submit()).name, "saving");
});

test("where the study asks for no place the labels are enough", () => {
  const state = run(fresh(false), ...CHOICES);
  assert.deepEqual(missing(state), []);
  assert.deepEqual(answer(step(state, submit())).x, null);
});

test("what can't be told, or seen, is an answer too", () => {
  const nothing = ["material", "action", "reaction"].map((kind) => choose(kind, null));
  const state = run(fresh(), { type: "unseen" }, ...nothing, submit());
  assert.equal(state.name, "saving");
  const { material, action, reaction, x, y } = answer(state);
  assert.deepEqual([material, action, reaction, x, y], [null, null, null, null, null]);
});

test("arrows move the aim within the picture, and Enter sets the place there", () => {
  let state = run(fresh(), { type: "move", x: 0.05, y: -0.01 });
  assert.deepEqual(state.aim, { x: 0.55, y: 0.49 });
  assert.equal(state.place, undefined);
  state = step(state, { type: "set" });
  assert.deepEqual(state.place, { x: 0.55, y: 0.49 });
  state = run(state, { type: "move", x: 9, y: 9 });
  assert.deepEqual(state.aim, { x: 1, y: 1 });
  assert.deepEqual(state.place, { x: 0.55, y: 0.49 });
  assert.deepEqual(run(state, { type: "move", x: -9, y: -9 }).aim, { x: 0, y: 0 });
});

test("a click sets place and aim, to a ten-thousandth", () => {
  const state = run(fresh(), { type: "point", x: 1 / 3, y: 1.0001 });
  assert.deepEqual(state.place, { x: 0.3333, y: 1 });
  assert.deepEqual(state.aim, state.place);
});

test("the last choice and the last place stand", () => {
  const places = [{ type: "unseen" }, { type: "point", x: 0.1, y: 0.2 }];
  const state = run(fresh(), ...CHOICES, choose("material", "metal"), ...places);
  assert.equal(state.labels.material, "metal");
  assert.deepEqual(state.place, { x: 0.1, y: 0.2 });
});

test("time counts from the first playing, replays each time that the clip begins again", () => {
  const events = [{ type: "began", at: 1000 }, { type: "replayed" }, { type: "began", at: 3000 }, { type: "replayed" }];
  const state = run(fresh(), ...events, { type: "unseen" }, ...CHOICES, submit(5640.5));
  assert.deepEqual([answer(state).rt_ms, answer(state).replays], [4640.5, 2]);
});

test("a clip that never played gives no time below zero", () => {
  assert.equal(run(fresh(), { type: "unseen" }, ...CHOICES, submit()).rt_ms, 0);
});

test("after the first submit everything but the server's word is dead", () => {
  const saving = run(fresh(), { type: "unseen" }, ...CHOICES, submit());
  for (const event of [submit(), choose("material", "metal"), { type: "point", x: 0, y: 0 }, { type: "move", x: 1, y: 1 },
    { type: "set" }, { type: "unseen" }, { type: "loaded" }, { type: "failed" }, { type: "retry" }, { type: "replayed" }]) {
    assert.equal(step(saving, event), saving);
  }
  assert.equal(step(saving, { type: "kept" }).name, "done");
});

test("an answer that another window gave before is told", () => {
  const told = run(fresh(), { type: "unseen" }, ...CHOICES, submit(), { type: "conflict" });
  assert.deepEqual([told.name, told.why], ["told", "elsewhere"]);
  assert.equal(step(told, { type: "next" }).name, "done");
});

test("a clip that fails is tried again, then given up; without a connection it is no try", () => {
  const failed = { type: "failed", isOffline: false };
  const once = run(start({ click: true }), { type: "failed", isOffline: true }, { type: "retry" }, failed);
  assert.equal(once.name, "failed");
  const given_up = run(once, { type: "retry" }, failed);
  assert.equal(given_up.name, "spoiling");
  assert.deepEqual(run(given_up, { type: "kept" }).why, "failed");
  assert.equal(run(fresh(), failed).name, "failed");
});
