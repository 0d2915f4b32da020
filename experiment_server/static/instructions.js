/** Instructions: shown until they have been read. */

import { $, api, due, explain, go } from "./session.js";

const begin = $("begin");

begin.addEventListener("click", async () => {
  begin.disabled = true;
  try {
    const { page } = await api("begin", {});
    go(page);
  } catch (error) {
    if (error.status === 409 && !(await due("instructions"))) return; // gone on in another window
    explain(error);
    begin.disabled = false;
  }
});

if (await due("instructions")) begin.disabled = false;
