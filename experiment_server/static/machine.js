/** What the pages' state machines share: how a step is taken, and the ends of what can't be shown. */

const MOST_TRIES = 2; // to load and play what is shown

/**
 * Take steps by rules: state -> event -> what it makes of the state.
 * @param {{[name: string]: {[type: string]: (state: object, event: object) => object}}} rules
 * @returns {(state: object, event: {type: string}) => object} gives the next state; the same one if
 *   nothing changes, which an event that does not belong to the state never does
 */
export const stepBy = (rules) => (state, event) => rules[state.name][event.type]?.(state, event) ?? state;

export const to = (name) => (state) => ({ ...state, name });
export const spoil = (reason) => (state) => ({ ...state, name: "spoiling", reason });
const tell = (why) => (state) => ({ ...state, name: "told", why });

/** Try what failed again, then give it up. Who has no connection can't help it; that is no try. */
export const failed = (state, { isOffline }) => {
  const tried = { ...state, tries: state.tries + (isOffline ? 0 : 1) };
  return tried.tries < MOST_TRIES ? to("failed")(tried) : spoil("failed")(tried);
};

/** The rules that are the same in both tasks; an answer given in another window ends in told, too. */
export const conflict = tell("elsewhere");
export const ENDS = {
  failed: { retry: to("loading") },
  spoiling: { kept: (state) => tell(state.reason)(state), conflict },
  told: { next: to("done") },
  done: {},
};
