/** Keys and input methods. */

/** The code that browsers report for a key that an input method handles, even where `isComposing` is false already. */
const HANDLED_BY_INPUT_METHOD = 229;

/** Whether a key belongs to an input method, such as the Enter that chooses a word. */
export function isComposing(event: { isComposing: boolean; keyCode: number }): boolean {
  return event.isComposing || event.keyCode === HANDLED_BY_INPUT_METHOD;
}
