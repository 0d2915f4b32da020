/** The sound level: a noise that goes on until the volume is set. Its click lets the page play sound. */

import { load } from "./player.js";
import { tell } from "./report.js";
import { $, api, due, explain, go, texts } from "./session.js";

const audio = $("audio");
const play = $("play");
const comfortable = $("comfortable");
const status = $("status");

function show(text) {
  status.textContent = text;
  play.textContent = audio.paused ? texts.sound_play_button : texts.sound_stop_button;
  play.classList.toggle("primary", comfortable.disabled); // what comes first is what stands out
}

async function prepare() {
  play.disabled = true;
  show(texts.sound_loading);
  try {
    [audio.src] = await load(["sounds/level.wav"]);
    show(texts.sound_ready);
  } catch (error) {
    tell("load_failed", error);
    status.textContent = texts.failed;
    play.textContent = texts.retry_button;
  }
  play.disabled = false;
  play.focus();
}

async function toggle() {
  if (!audio.src) return prepare();
  if (!audio.paused) {
    audio.pause();
    return show(texts.sound_ready);
  }
  try {
    await audio.play();
    comfortable.disabled = false;
    return show(texts.sound_playing);
  } catch (error) {
    tell(error.name === "NotAllowedError" ? "blocked" : "play_failed", error);
    return show(texts.sound_blocked);
  }
}

play.addEventListener("click", toggle);

comfortable.addEventListener("click", async () => {
  comfortable.disabled = true;
  audio.pause();
  show(texts.sound_ready);
  try {
    const { page } = await api("sound-checked", {});
    go(page);
  } catch (error) {
    comfortable.disabled = false;
    explain(error);
  }
});

if (await due("sound")) await prepare();
