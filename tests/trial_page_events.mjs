/** The page's log, run by `node --test`: complete, in order, in batches. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { EventLog } from "../experiment_server/static/events.js";

const details = (events) => events.map((event) => event.detail);
const noteAll = (log, n) => Array.from({ length: n }, (_, i) => log.note("resize", { detail: i }));
const numbers = (n) => Array.from({ length: n }, (_, i) => i);

test.beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.afterEach(() => mock.timers.reset());

test("an event is told with both clocks and what it is about", async () => {
  let sent = [];
  const log = new EventLog(async (events) => Boolean((sent = events)));
  log.note("playing", { nonce: "n", interval: 2 });
  await log.flush();
  const [{ ms, utc, ...rest }] = sent;
  assert.deepEqual(rest, { kind: "playing", nonce: "n", interval: 2 });
  assert.ok(ms > 0 && Math.abs(new Date(utc) - Date.now()) < 1000);
});

test("events go in batches of 50 at most, one after the other", async () => {
  const batches = [];
  let n_open = 0;
  const log = new EventLog(async (events) => {
    assert.equal((n_open += 1), 1, "two batches at once");
    await null;
    n_open -= 1;
    return Boolean(batches.push(details(events)));
  });
  noteAll(log, 120);
  await Promise.all([log.flush(), log.flush()]);
  assert.deepEqual(batches.map((batch) => batch.length), [50, 50, 20]);
  assert.deepEqual(batches.flat(), numbers(120));
});

test("what the server did not get goes again by itself, in its place", async () => {
  const kept = [];
  let isLost = true;
  const log = new EventLog(async (events) => !isLost && Boolean(kept.push(...details(events))));
  noteAll(log, 60);
  await log.flush();
  assert.deepEqual(kept, []);
  isLost = false;
  mock.timers.tick(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(kept, numbers(60));
});

test("when the page goes everything leaves at once", () => {
  const sent = [];
  const log = new EventLog((events) => {
    sent.push(...details(events));
    return new Promise(() => {});
  });
  noteAll(log, 70);
  void log.flush();
  log.flushAndLeave();
  assert.deepEqual(sent, numbers(70));
});

test("a log that can't be sent does not grow without end", async () => {
  let sent = [];
  const log = new EventLog(async (events) => Boolean(sent.push(...details(events))));
  noteAll(log, 600);
  await log.flush();
  assert.deepEqual(sent, numbers(600).slice(100));
});
