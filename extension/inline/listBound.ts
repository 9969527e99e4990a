/**
 * Keeps suggestions from delaying the editor's own list. Since VS Code 1.121 the list waits until inline completions have
 * answered, unless a setting says otherwise. An answer that takes longer than a bound is given up for that key, and is
 * shown when it is there. Free of `vscode`.
 */

/** Milliseconds that the list may wait: a user notices 50, and the list needs most of that itself. */
const LIST_BOUND_MS = 20;
/** The same while a suggestion is on the screen: the list stays away then, and an early end would make the text flicker. */
const SHOWN_BOUND_MS = 150;

/** @param isShown the last answer in this document was a suggestion. */
export function boundFor(isShown: boolean): number {
  return isShown ? SHOWN_BOUND_MS : LIST_BOUND_MS;
}

/** Whether the list waits for inline completions. @param quickSuggestions value of `editor.quickSuggestions`. */
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
