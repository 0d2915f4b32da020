/** The page's requests, run by `node --test`: repeated until answered, and no longer. */

import assert from "node:assert/strict";
import test, { mock } from "node:test";

import { Refused, ask, askJson, waitBefore } from "../experiment_server/static/api.js";

/** Let `fetch` give these answers in turn, and no wait take time; return the requests made. */
function answerWith(...answers) {
  const requests = [];
  mock.method(globalThis, "fetch", async (path, options) => {
    requests.push({ path, ...options });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  mock.method(globalThis, "setTimeout", (go) => queueMicrotask(go));
  return requests;
}

test.afterEach(() => mock.restoreAll());

test("an answer is sent again, the same, until the server has it", async () => {
  const lost = [];
  const requests = answerWith(
    new TypeError("no connection"),
    new DOMException("too slow", "TimeoutError"),
    new Response("", { status: 503 }),
    Response.json({ kept: true }),
  );
  const options = { token: "t", body: { interval: 2 }, onLost: (is) => lost.push(is) };
  assert.deepEqual(await askJson("api/answer", options), { kept: true });
  assert.equal(requests.length, 4);
  assert.equal(new Set(requests.map((request) => request.body)).size, 1);
  assert.equal(requests[0].headers.Authorization, "Bearer t");
  assert.deepEqual(lost, [true, true, true, false]);
});

test("what the server refuses is not asked again", async () => {
  const requests = answerWith(Response.json({ error: "It stands." }, { status: 409 }));
  await assert.rejects(ask("api/answer", { body: {} }), (error) => {
    return error instanceof Refused && error.status === 409 && error.message === "It stands.";
  });
  assert.equal(requests.length, 1);
});

test("a limit of attempts is kept", async () => {
  const requests = answerWith(...Array.from({ length: 9 }, () => new TypeError("no connection")));
  await assert.rejects(ask("media/x", { attempts: 3 }), Refused);
  assert.equal(requests.length, 3);
});

test("a mistake of ours is no lost connection", async () => {
  answerWith(new RangeError("a bug"));
  await assert.rejects(ask("api/next"), RangeError);
});

test("waits grow, but not beyond some seconds", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map(waitBefore);
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  assert.ok(waits[0] < 1000 && waits.at(-1) <= 10_000);
});
