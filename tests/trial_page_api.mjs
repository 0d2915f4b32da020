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

test.afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

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

test("a site that asks for patience gets it, and a broken line no more than its attempts", async () => {
  const away = () => Array.from({ length: 9 }, () => new Response("", { status: 503 }));
  const requests = answerWith(...away());
  await assert.rejects(ask("media/x", { attempts: 2, patience: 7 }), { status: 503 });
  assert.equal(requests.length, 7);
  const broken = answerWith(...away().slice(0, 3), new TypeError("no connection"));
  await assert.rejects(ask("media/x", { attempts: 2, patience: 7 }), { status: 0 });
  assert.equal(broken.length, 4);
});

test("a mistake of ours is no lost connection", async () => {
  answerWith(new RangeError("a bug"));
  await assert.rejects(ask("api/next"), RangeError);
});

test("a browser without AbortSignal.timeout gets its answer", async () => {
  mock.method(AbortSignal, "timeout", () => undefined()); // a TypeError, as where it is missing
  const requests = answerWith(Response.json({ page: "trial" }));
  assert.deepEqual(await askJson("api/next", { attempts: 1 }), { page: "trial" });
  assert.equal(requests.length, 1);
});

test("an attempt that hangs is given up and made again", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let attempts = 0;
  mock.method(globalThis, "fetch", async (path, { signal }) => {
    attempts += 1;
    if (attempts === 2) return Response.json({ kept: true });
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const answer = askJson("api/answer", { body: {} });
  for (let tick = 0; tick < 20; tick += 1) {
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await answer, { kept: true });
  assert.equal(attempts, 2);
});

test("a request that can't be put in words is no lost connection", async () => {
  const requests = answerWith();
  const round = {};
  round.round = round;
  await assert.rejects(ask("api/answer", { body: round, attempts: 2 }), TypeError);
  assert.equal(requests.length, 0);
});

test("waits grow, but not beyond some seconds", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map(waitBefore);
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  assert.ok(waits[0] < 1000 && waits.at(-1) <= 10_000);
});
