/**
 * Keeps suggestions from delaying VS Code's suggest widget. Since VS Code 1.121 the widget waits until the providers of
 * inline completions have answered, unless a setting says otherwise. So VS Code is told that there is no suggestion when
 * the engine's answer takes longer than a bound, and a late answer is shown when it comes (inlineProvider.ts). This file
 * does not use `vscode`, so that tests run it in plain Node.
 */
import { type CompleteParams, LIST_BOUND_MS } from "../../engine/protocol/completion.ts";

export type ListPlace = NonNullable<CompleteParams["listWaitsIn"]>[number];

/**
 * Milliseconds that the suggest widget may wait while a suggestion is on the screen. The widget is hidden then, so it may
 * wait longer than LIST_BOUND_MS, and to answer without a suggestion would make the ghost text flicker.
 */
const SHOWN_BOUND_MS = 150;

/** @param isShown whether the last answer in this document was a suggestion. */
export function boundFor(isShown: boolean): number {
  return isShown ? SHOWN_BOUND_MS : LIST_BOUND_MS;
}

/** The names that VS Code's setting has for the places. */
const PLACES = { code: "other", comment: "comments", string: "strings" } as const;

/** Where the suggest widget waits for inline completions. @param quickSuggestions the value of `editor.quickSuggestions`. */
export function placesWhereListWaits(quickSuggestions: unknown): ListPlace[] {
  const values: Partial<Record<string, unknown>> =
    typeof quickSuggestions === "object" && quickSuggestions !== null ? { ...quickSuggestions } : {};
  return (["code", "comment", "string"] as const).filter(
    (place) => (values[PLACES[place]] ?? quickSuggestions) === "offWhenInlineCompletions",
  );
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
