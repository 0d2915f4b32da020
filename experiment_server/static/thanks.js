/** The end: the completion code, and a button that copies it. */

import { due, texts } from "./session.js";

const code = document.getElementById("code");
const copy = document.getElementById("copy");

copy.addEventListener("click", async () => {
  getSelection().selectAllChildren(code); // for browsers that won't let a page copy
  try {
    await navigator.clipboard.writeText(code.textContent);
    copy.textContent = texts.copied;
  } catch {
    copy.textContent = texts.copy_button;
  }
});

const end = await due("thanks");
if (end) {
  code.textContent = end.code;
  copy.disabled = false;
}
