/** Talking to the server: every request is repeated until the server has answered it. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const PATIENCE_MS = 15000; // for one attempt

/** The server understood and said no; asking again would not help. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Wait before attempt number 1, 2, ...: doubled each time, up to some seconds.
 * @param {number} attempt
 * @returns {number} ms
 */
export function waitBefore(attempt) {
  return Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
}

/**
 * Ask until there is an answer.
 * @param {string} path relative to the page
 * @param {{token?: string, body?: object, attempts?: number, patience?: number, keepalive?: boolean,
 *   onLost?: (lost: boolean) => void}} options
 *   `patience` is the number of attempts while the server itself asks to try again (503); a request with `keepalive` outlives the page; `onLost` is told when the server can't be reached, and when it can again.
 * @returns {Promise<Response>} an answer with a status below 400
 * @throws {Refused} if the server says no, or after the last attempt
 */
export async function ask(path, options = {}) {
  const { attempts = Infinity, patience = attempts, onLost = () => {}, ...request } = options;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await tryOnce(path, request);
    if (answer?.ok) {
      onLost(false);
      return answer;
    }
    if (answer && !isPassing(answer.status)) {
      onLost(false);
      throw new Refused(answer.status, await sentence(answer));
    }
    if (attempt >= (answer?.status === 503 ? patience : attempts)) {
      throw new Refused(answer?.status ?? 0, `${path} can't be had`);
    }
    onLost(true);
    await pause(waitBefore(attempt));
  }
}

/** The same, read as JSON. */
export async function askJson(path, options) {
  const answer = await ask(path, options);
  return answer.json();
}

function isPassing(status) {
  return status >= 500 || status === 408 || status === 429;
}

/** Wait, but not once the browser says that the connection is back. */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    globalThis.addEventListener?.("online", resolve, { once: true });
  });
}

async function tryOnce(path, { token, body, keepalive = false }) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const impatience = new AbortController(); // AbortSignal.timeout is not in every browser
  const request = {
    method: body ? "POST" : "GET",
    headers,
    body: body && JSON.stringify(body),
    cache: "no-store",
    keepalive,
    signal: impatience.signal,
  };
  const timer = setTimeout(() => impatience.abort(), PATIENCE_MS);
  try {
    return await whole(await fetch(path, request));
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return null; // no connection
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Read the body too, so that a connection lost in the middle counts as lost. */
async function whole(answer) {
  const content = await answer.blob();
  return new Response(content, { status: answer.status, headers: answer.headers });
}

async function sentence(answer) {
  try {
    return (await answer.json()).error;
  } catch {
    return `status ${answer.status}`;
  }
}
