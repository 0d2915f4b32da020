/** Keys that pages share, run by `node --test`. */

import assert from "node:assert/strict";
import test from "node:test";

import { choiceOf } from "../experiment_server/static/controls.js";

test("digits choose on any keyboard, by character or by place", () => {
  const chosen = {
    1: [["1", "Digit1"], ["&", "Digit1"], ["+", "Digit1"], ["1", "Numpad1"], ["End", "Numpad1"]],
    2: [["2", "Digit2"], ["é", "Digit2"], ["ě", "Digit2"], ["ArrowDown", "Numpad2"], ["2", "KeyX"]],
    0: [["a", "KeyQ"], [" ", "Space"], ["ArrowDown", "ArrowDown"], ["0", "Digit0"], ["x", ""]],
  };
  for (const [choice, keys] of Object.entries(chosen)) {
    for (const [key, code] of keys) assert.equal(choiceOf({ key, code }, 2), Number(choice), key);
  }
});

test("a digit beyond the last choice chooses nothing", () => {
  const third = [{ key: "3", code: "" }, { key: "PageDown", code: "Numpad3" }, { key: "\"", code: "Digit3" }];
  for (const event of third) {
    assert.equal(choiceOf(event, 3), 3);
    assert.equal(choiceOf(event, 2), 0);
  }
});
