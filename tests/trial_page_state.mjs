/** The trial's state machine, run by `node --test`. */

import assert from "node:assert/strict";
import test from "node:test";

import {
  canAnswer, canPlay, replaysLeft, sounding, start, step,
} from "../experiment_server/static/trial_state.js";

const PAIR = ["play", "cued", "ended", "cued"].map((type) => ({ type }));
const run = (state, ...events) => events.reduce(step, state);
const fresh = (replays = 0) => run(start({ replays }), { type: "loaded" });
const heard = (replays = 0, at = 1000) => run(fresh(replays), ...PAIR, { type: "ended", at, overrun_ms: 40 });
const choose = (interval, at = 1500) => ({ type: "choose", interval, at });

test("a pair plays the first sound, then the second, then asks", () => {
  let state = fresh();
  const seen = [];
  for (const event of [...PAIR, { type: "ended", at: 1000 }]) {
    state = step(state, event);
    seen.push([state.name, sounding(state)]);
  }
  assert.deepEqual(seen, [["cue1", 1], ["play1", 1], ["cue2", 2], ["play2", 2], ["asking", 0]]);
});

test("an answer is taken after the second sound and not before", () => {
  let state = start({ replays: 0 });
  for (const event of [{ type: "loaded" }, ...PAIR]) {
    assert.equal(canAnswer(state), false);
    assert.equal(step(state, choose(1)), state);
    state = step(state, event);
  }
  assert.equal(canAnswer(step(state, { type: "ended", at: 1000 })), true);
});

test("response time counts from the end of the second sound, the last time it played", () => {
  assert.equal(run(heard(0, 1000), choose(2, 1640.5)).rt_ms, 640.5);
  const again = run(heard(1, 1000), ...PAIR, { type: "ended", at: 9000 }, choose(2, 9250));
  assert.equal(again.rt_ms, 250);
});

test("after the first answer everything but the server's word is dead", () => {
  const saving = run(heard(5), choose(1));
  for (const type of ["choose", "play", "ended", "cued", "next", "loaded", "blocked", "failed", "halted", "retry"]) {
    assert.equal(step(saving, { type, interval: 2, at: 9999 }), saving);
  }
  assert.equal(saving.interval, 1);
});

test("a pair can be played again as often as the study allows", () => {
  let state = heard(2);
  for (const left of [1, 0]) {
    assert.ok(canPlay(state));
    state = run(state, ...PAIR, { type: "ended", at: 1 });
    assert.equal(replaysLeft(state), left);
  }
  assert.equal(canPlay(state), false);
  assert.equal(step(state, { type: "play" }), state);
  assert.equal(state.replays, 2);
});

test("a play that the browser held back can be started again and is no replay", () => {
  for (const before of [PAIR.slice(0, 2), PAIR]) {
    const held = run(fresh(), ...before, { type: "blocked" });
    assert.ok(held.blocked && canPlay(held));
    const state = run(held, ...PAIR, { type: "ended", at: 1 });
    assert.deepEqual([state.name, state.replays, state.blocked], ["asking", 0, false]);
  }
});

test("what could not be loaded is loaded again, once", () => {
  const failed = step(start({ replays: 0 }), { type: "failed" });
  assert.equal(failed.name, "failed");
  const again = step(failed, { type: "retry" });
  assert.equal(again.name, "loading");
  const spoiling = step(again, { type: "failed" });
  assert.deepEqual([spoiling.name, spoiling.reason], ["spoiling", "failed"]);
});

test("who has no connection may try as often as it takes", () => {
  let state = start({ replays: 0 });
  for (let n = 0; n < 9; n += 1) {
    state = run(state, { type: "failed", isOffline: true }, { type: "retry" });
    assert.equal(state.name, "loading");
  }
});

test("a clip that takes too long or halts makes the pair invalid, the first time and in a replay", () => {
  const late = { type: "ended", at: 9999, overrun_ms: 250.5 };
  for (const end of [late, { type: "halted" }]) {
    for (const before of [fresh(), heard(1)]) {
      for (const played of [PAIR.slice(0, 2), PAIR]) {
        const spoiling = run(before, ...played, end);
        assert.deepEqual([spoiling.name, spoiling.reason], ["spoiling", "stalled"]);
        assert.equal(canAnswer(spoiling) || canPlay(spoiling), false);
      }
    }
  }
  assert.equal(run(fresh(), ...PAIR, { type: "ended", at: 1, overrun_ms: 250 }).name, "asking");
});

test("an invalid pair is over once the server knows it, and says why", () => {
  const spoiling = run(fresh(), ...PAIR, { type: "halted" });
  for (const type of ["choose", "play", "ended", "retry", "next", "failed"]) {
    assert.equal(step(spoiling, { type }), spoiling);
  }
  assert.equal(step(spoiling, { type: "kept" }).why, "stalled");
  assert.equal(step(spoiling, { type: "conflict" }).why, "elsewhere");
  assert.equal(run(spoiling, { type: "kept" }, { type: "next" }).name, "done");
});

test("the right answer is shown when the server tells it, and else the trial is done", () => {
  const saving = run(heard(), choose(1));
  const shown = step(saving, { type: "kept", correct: 2 });
  assert.deepEqual([shown.name, shown.correct], ["revealed", 2]);
  assert.equal(step(shown, { type: "next" }).name, "done");
  assert.equal(step(saving, { type: "kept", correct: null }).name, "done");
});

test("an answer that another window gave before is told of", () => {
  const told = run(heard(), choose(1), { type: "conflict" });
  assert.deepEqual([told.name, told.why], ["told", "elsewhere"]);
  assert.equal(step(told, { type: "next" }).name, "done");
});
