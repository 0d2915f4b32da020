/** The participant's session: the token in the address's fragment, and the way from page to page. */

import { askJson } from "./api.js";

export const $ = (id) => document.getElementById(id);
export const data = JSON.parse($("data").textContent);
export const texts = data.texts;

// Another token typed into the address line is another session.
addEventListener("hashchange", () => location.reload());

// A page that the browser kept while another was shown may be out of date.
addEventListener("pageshow", (event) => event.persisted && location.reload());

/** @returns {string} the token, or nothing */
export function token() {
  return location.hash.slice(1);
}

/**
 * Go to a page of this session; the page left is not kept in the history, so "back" leads out.
 * @param {string} page one of those that the server names
 */
export function go(page, as = token()) {
  location.replace(`${page}#${as}`);
}

/** Put values in a text's braces. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);
}

/** Show a notice above the page, or take it away. */
function notice(text) {
  const line = $("notice");
  line.textContent = text ?? "";
  line.hidden = !text;
}

/** Tell the participant that the connection is lost, or is back. */
export function onLost(lost) {
  notice(lost ? texts.offline : "");
}

/** Say in the study's words why the server refused something; a mistake of ours is thrown on. */
export function explain(error) {
  if (!("status" in error)) throw error;
  if (error.status === 403) notice(error.message); // the server took it from the study
  else notice(error.status === 401 ? texts.bad_link : texts.error);
}

/** Ask the API in this session's name. */
export function api(name, body) {
  return askJson(`api/${name}`, { token: token(), body, onLost });
}

/**
 * Ask what is due and, if that is another page, go there.
 * @param {string} page the page that asks
 * @returns {Promise<object|null>} what this page shows; null if it is being left or may not be seen
 */
export async function due(page) {
  try {
    const next = await api("next");
    if (next.page === page) return next;
    go(next.page);
  } catch (error) {
    explain(error);
  }
  return null;
}
