/**
 * A suggestion that only completes the current word is held back briefly so that VS Code's suggest widget can open first,
 * because VS Code does not open the widget for the first letters of a word while ghost text is visible. If a longer
 * suggestion is typed through until only the end of a word is left, holding back is too late: VS Code still sees the old
 * ghost text when it decides about the widget. The ghost text then stays, and the editor is told to open the widget
 * beside it.
 */
import type { Clock } from "../clock.ts";
import { type CompleteParams, LIST_BOUND_MS, type TypedSpan } from "../protocol/completion.ts";
import type { CursorPosition } from "../protocol/documents.ts";
import { kindAtCursor } from "../text/codeState.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { CompletionCall } from "./completionCall.ts";

/**
 * For how many milliseconds a suggestion is held back; the editor has asked for the widget's items by then. What this
 * value and the next one cost is in docs/measurements/completion-quality.md.
 */
export const LIST_TURN_MS = 40;
/** The most characters of a suggestion that is held back. A longer end of a word is worth more than the suggest widget. */
export const LONGEST_HELD = 5;

export interface ShownAtList {
  /** The text around the cursor. */
  context: CursorContext;
  /** What would be shown at the cursor. */
  text: string;
  /** Where the suggest widget waits for inline completions; nowhere when empty. */
  listWaitsIn: NonNullable<CompleteParams["listWaitsIn"]>;
}

/**
 * Whether a suggestion is held back for the suggest widget. One that is on the screen already is not: the widget stays
 * closed there whatever the answer is, and the text would flicker.
 *
 * @param onScreen how many characters of the suggestion are on the screen already.
 */
export function isListFirst({ onScreen, ...shown }: ShownAtList & { onScreen: number }): boolean {
  return onScreen === 0 && isShortEnd(shown, 0) && listWaits(shown, 0);
}

/**
 * How much of a suggestion has to be typed until the rest only completes a word, so that the suggest widget is opened
 * beside it; undefined when that never happens.
 */
export function listOpensWhen(shown: ShownAtList): TypedSpan | undefined {
  const { length } = shown.text.trimEnd();
  const amounts = Array.from({ length: LONGEST_HELD }, (_, index) => length - LONGEST_HELD + index);
  const left = amounts.filter((typed) => typed > 0 && isShortEnd(shown, typed));
  const [from] = left;
  const to = left.at(-1);
  // All of them are within one word, so the suggest widget waits at all of them or at none.
  return from === undefined || to === undefined || !listWaits(shown, from) ? undefined : { from, to };
}

/** Whether the suggest widget waits for the answer of a request, so that it may be opened at once when there is none. */
export function listWaitsFor(
  { trigger, widgetItem, isAfterList, listWaitsIn = [] }: CompleteParams,
  context: CursorContext,
): boolean {
  if (trigger === "manual" || widgetItem !== undefined || isAfterList === true) return false;
  return listWaits({ context, text: "", listWaitsIn }, 0);
}

/** Whether the suggest widget would wait too long for the answer of a request. @param expectedMs until the answer. */
export function isLateForList(params: CompleteParams, context: CursorContext, expectedMs: number): boolean {
  return expectedMs > LIST_BOUND_MS && listWaitsFor(params, context);
}

/** The time that the suggest widget gets before a suggestion that was held back for it. */
export class ListTurn {
  /** The place at which the suggest widget was last seen open. */
  #openedAt: CursorPosition | undefined;

  /** Notes a request. If it names a selected item, the suggest widget is open there. */
  note(params: CompleteParams): void {
    if (params.widgetItem !== undefined) this.#openedAt = params;
  }

  /**
   * Waits until the suggest widget has had the time to open at a place.
   *
   * @returns why nothing is to be shown: the user has typed on, or the widget has opened there. Undefined when the
   *   suggestion may be shown.
   */
  async waitForList(
    { params, signal, watch }: CompletionCall,
    clock: Clock,
  ): Promise<"cancelled" | "list-first" | undefined> {
    const hasTime = this.#hasOpened(params) || (await clock.wait(LIST_TURN_MS, signal));
    watch.endDebounce();
    if (!hasTime) return "cancelled";
    return this.#hasOpened(params) ? "list-first" : undefined;
  }

  #hasOpened({ uri, version, offset }: CursorPosition): boolean {
    const place = this.#openedAt;
    return place?.uri === uri && place.version === version && place.offset === offset;
  }
}

/** Whether what is left of a text once its beginning has been typed is a short end of a word. */
function isShortEnd({ context, text }: ShownAtList, typed: number): boolean {
  if (text.trimEnd().length - typed > LONGEST_HELD) return false;
  return isEndOfWord(context.prefix.slice(-LONGEST_NAME) + text.slice(0, typed), text.slice(typed));
}

/** Whether the suggest widget waits for inline completions where the cursor is once the beginning of a text has been typed. */
function listWaits({ context, text, listWaitsIn }: ShownAtList, typed: number): boolean {
  return listWaitsIn.length > 0 && listWaitsIn.includes(kindAtCursor(context, text.slice(0, typed)));
}

/**
 * Whether a text consists of the rest of the name at the cursor, and at most a call without arguments and closing
 * punctuation behind it. A number is no name, because the suggest widget does not open within one.
 */
function isEndOfWord(prefix: string, text: string): boolean {
  const isName = /(?<![\p{L}\p{N}_$])[\p{L}_$][\p{L}\p{N}_$]*$/u.test(prefix.slice(-LONGEST_NAME));
  return isName && /^[\p{L}\p{N}_$]+(\(\))?[ \t)\]};,:>'"]*$/u.test(text);
}

/** Characters before the cursor that are read for the beginning of the name. */
const LONGEST_NAME = 100;
