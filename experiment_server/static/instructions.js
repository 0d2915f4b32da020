/** Instructions: shown until they have been read. */

import { api, due, go, notice } from "./session.js";

const begin = document.getElementById("begin");

begin.addEventListener("click", async () => {
  begin.disabled = true;
  try {
    await api("begin", {});
    go("trial");
  } catch (error) {
    notice(error.message);
    begin.disabled = false;
  }
});

if (await due("instructions")) begin.disabled = false;
