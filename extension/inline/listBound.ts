/**
 * Keeps suggestions from delaying the editor's own list. Since VS Code 1.121 the list waits until inline completions
 * have answered, unless a setting says otherwise. So an answer that takes longer than a bound is not awaited; it is
 * shown when it comes. Free of `vscode`.
 */

/** Milliseconds that the list may wait. A delay of 50 is noticeable, and the list itself needs most of that. */
const LIST_BOUND_MS = 20;
/**
 * The same while a suggestion is on the screen: the list is hidden then, and answering early would make the text
 * flicker.
 */
const SHOWN_BOUND_MS = 150;

/** @param isShown whether the last answer in this document was a suggestion. */
export function boundFor(isShown: boolean): number {
  return isShown ? SHOWN_BOUND_MS : LIST_BOUND_MS;
}

/** Whether the list waits for inline completions. @param quickSuggestions the value of `editor.quickSuggestions`. */
export function listWaits(quickSuggestions: unknown): boolean {
  const values =
    typeof quickSuggestions === "object" && quickSuggestions !== null
      ? Object.values(quickSuggestions)
      : [quickSuggestions];
  return values.includes("offWhenInlineCompletions");
}

/** The answer, or undefined when it takes longer than the bound. */
export async function withinBound<T>(
  answer: Promise<T>,
  boundMs: number,
  timer: (run: () => void, ms: number) => { cancel(): void } = startTimer,
): Promise<T | undefined> {
  let running: { cancel(): void } | undefined;
  const late = new Promise<undefined>((resolve) => {
    running = timer(() => resolve(undefined), boundMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    running?.cancel();
  }
}

function startTimer(run: () => void, ms: number): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
