/** Loading clips whole, and playing them in the one video element. */

import { ask } from "./api.js";

const LOAD_ATTEMPTS = 4;

/** The browser did not let the video play without another click. */
export class Blocked extends Error {}

/**
 * Load clips whole, so that nothing stalls while they play.
 * @param {string[]} paths
 * @returns {Promise<string[]>} their addresses in this page; give them to `release` in the end
 */
export async function load(paths) {
  const answers = await Promise.all(paths.map((path) => ask(path, { attempts: LOAD_ATTEMPTS })));
  const clips = await Promise.all(answers.map((answer) => answer.blob()));
  return clips.map((clip) => URL.createObjectURL(clip));
}

/** Let go of loaded clips. */
export function release(addresses) {
  addresses.forEach((address) => URL.revokeObjectURL(address));
}

/**
 * Play a clip from its beginning to its end.
 * @param {HTMLVideoElement} video
 * @param {string} address
 * @returns {Promise<number>} when it ended, performance.now() (ms)
 * @throws {Blocked} if the browser wants a click first
 */
export async function play(video, address) {
  const end = new Promise((resolve, reject) => {
    video.onended = () => resolve(performance.now());
    video.onerror = () => reject(new Error(video.error?.message ?? "the clip can't be played"));
  });
  end.catch(() => {}); // where play() rejects first, that is what is thrown
  video.src = address;
  try {
    await video.play();
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Blocked(error.message);
    throw error;
  }
  return end;
}
