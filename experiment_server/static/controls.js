/** Keys and buttons, as the trial page and the headphone test have them both. */

/**
 * Which of the first `most` choices a key names: by its character or, where the digits want Shift (French,
 * Czech), by its place on the keyboard.
 * @param {{key: string, code: string}} event
 * @param {number} most up to 9
 * @returns {number} 1, 2, ...; 0 for any other key
 */
export function choiceOf({ key, code }, most) {
  const digit = /^[1-9]$/.test(key) ? key : /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  const number = Number(digit ?? 0);
  return number <= most ? number : 0;
}

/** Switch a button on or off; a disabled one that keeps the focus swallows keys in some browsers. */
export function setEnabled(button, enabled) {
  if (!enabled) button.blur();
  button.disabled = !enabled;
}
