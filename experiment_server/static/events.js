/** The log of what happens in the page: queued, sent in batches, in order, and before the page goes. */

const BATCH = 50; // what the server takes at once
const MOST_KEPT = 500; // while it can't be reached
const EVERY_MS = 5000;

export class EventLog {
  #post;
  #queue = [];
  #isSending = false;
  #timer = null;

  /**
   * @param {(events: object[]) => Promise<boolean>} post
   *   sends events; false if they should be sent once more later
   */
  constructor(post) {
    this.#post = post;
  }

  /**
   * Note an event with this page's clock and the machine's.
   * @param {string} kind
   * @param {{nonce?: string, interval?: number, detail?: string}} about
   */
  note(kind, about = {}) {
    this.#queue.push({ kind, ms: performance.now(), utc: new Date().toISOString(), ...about });
    if (this.#queue.length > MOST_KEPT) this.#queue.shift();
    this.#plan();
  }

  /** Send what is queued. Batches follow each other, so that the log keeps its order. */
  async flush() {
    if (this.#isSending) return;
    this.#isSending = true;
    let isKept = true;
    while (isKept && this.#queue.length) {
      const batch = this.#queue.splice(0, BATCH);
      isKept = await this.#post(batch);
      if (!isKept) this.#queue.unshift(...batch);
    }
    this.#isSending = false;
    if (this.#queue.length) this.#plan();
  }

  /** Send everything at once: the page goes, and there is no later. */
  flushAndLeave() {
    while (this.#queue.length) void this.#post(this.#queue.splice(0, BATCH));
  }

  #plan() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, EVERY_MS);
  }
}
