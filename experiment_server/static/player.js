/** Loading clips whole, and playing them in the one video element. */

import { ask } from "./api.js";

const LOADING = { attempts: 4, patience: 12 }; // a minute's outage of the site is nobody's failed clip
const PATIENCE_MS = 8000; // for a clip to begin, and beyond its duration for it to end

/** The browser did not let the clip play without another click. */
export class Blocked extends Error {}

/** The clip began to play, and did not get to its end. */
export class Halted extends Error {}

/**
 * Load clips whole, so that nothing stalls while they play.
 * @param {string[]} paths
 * @returns {Promise<string[]>} their addresses in this page; give them to `release` in the end
 */
export async function load(paths) {
  const answers = await Promise.all(paths.map((path) => ask(path, LOADING)));
  const clips = await Promise.all(answers.map((answer) => answer.blob()));
  return clips.map((clip) => URL.createObjectURL(clip));
}

/** Let go of loaded clips. */
export function release(addresses) {
  addresses.forEach((address) => URL.revokeObjectURL(address));
}

/**
 * Play a clip from its beginning to its end.
 * @param {HTMLMediaElement} media
 * @param {string} address
 * @param {(kind: string, detail?: string) => void} tell is told of playing, waiting, stalled, ended
 * @returns {Promise<{ended: number, overrun_ms: number}>} when it ended, performance.now() (ms), and
 *   how much longer than its duration it took from `playing` to `ended`
 * @throws {Blocked} if the browser wants a click first
 * @throws {Halted} if it stops in the middle
 */
export async function play(media, address, tell = () => {}) {
  const end = toTheEnd(media, tell);
  end.catch(() => {}); // where play() rejects first, that is what is thrown
  media.src = address;
  try {
    await Promise.race([media.play(), end]);
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Blocked(error.message);
    throw error;
  }
  return end;
}

function toTheEnd(media, tell) {
  let began = null;
  let timer = null;
  return new Promise((resolve, reject) => {
    const giveUp = (why) => reject(began === null ? new Error(why) : new Halted(why));
    const waitFor = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp("it took too long"), ms);
    };
    const isUnderWay = () => began !== null && !media.ended;
    waitFor(PATIENCE_MS);
    media.onplaying = () => {
      if (began === null) waitFor(media.duration * 1000 + PATIENCE_MS);
      began ??= performance.now();
      tell("playing");
    };
    media.onwaiting = () => isUnderWay() && tell("waiting");
    media.onstalled = () => isUnderWay() && tell("stalled");
    media.onpause = () => isUnderWay() && giveUp("it was paused");
    media.onerror = () => giveUp(media.error?.message || "it can't be played");
    media.onended = () => {
      const ended = performance.now();
      const overrun_ms = ended - began - media.duration * 1000;
      tell("ended", `${Math.round(overrun_ms)} ms over${framesOf(media)}`);
      resolve({ ended, overrun_ms });
    };
  }).finally(() => clearTimeout(timer));
}

function framesOf(media) {
  const quality = media.getVideoPlaybackQuality?.();
  return quality ? `, ${quality.droppedVideoFrames} of ${quality.totalVideoFrames} frames dropped` : "";
}
