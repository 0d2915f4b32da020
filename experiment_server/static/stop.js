/** "Stop taking part", on every page after consent: asked once more in the page, then for good. */

import { $, api, explain, go, token } from "./session.js";

const link = $("stop");
const dialog = $("stop-dialog");

link.disabled = !token();
link.addEventListener("click", () => dialog.showModal());
$("stop-no").addEventListener("click", () => dialog.close());

$("stop-yes").addEventListener("click", async () => {
  dialog.close();
  link.disabled = true;
  try {
    const { page } = await api("withdraw", {});
    go(page);
  } catch (error) {
    link.disabled = false;
    explain(error);
  }
});

// While the question stands, keys are for it and not for the page behind.
addEventListener("keydown", (event) => dialog.open && event.stopImmediatePropagation(), true);
