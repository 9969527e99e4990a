/** Inline completion: the request of a keystroke, its answer, and what the user did with the answer. */
import * as v from "valibot";
import { NotificationType } from "vscode-jsonrpc";
import { count, notification, number, request, text } from "./checked.ts";
import { type CursorPosition, textChange } from "./documents.ts";

/**
 * Milliseconds that VS Code's suggest widget may wait for an answer; when it takes longer, the widget opens at once, and the
 * suggestion comes later. A delay of 50 is noticeable, and the widget itself needs most of that.
 */
export const LIST_BOUND_MS = 20;

export const completeParams = v.object({
  uri: text,
  /** The document's version. The engine answers "outdated" when its mirror has another one. */
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: count,
  /** "manual" skips the debounce and does not use the cache. */
  trigger: v.picklist(["automatic", "manual"]),
  /** Number of cursors in the editor. Default 1. */
  cursors: v.exactOptional(number),
  /** Whether text is selected. Default false. */
  isSelecting: v.exactOptional(v.boolean()),
  /** The item selected in the suggest widget: it would replace [offset, offset + length). */
  widgetItem: v.exactOptional(textChange),
  /** How the editor indents. */
  indent: v.exactOptional(v.object({ insertSpaces: v.boolean(), tabSize: number })),
  /**
   * The kinds of places in which VS Code opens its suggest widget during typing only when there is no inline completion
   * (`editor.quickSuggestions` = "offWhenInlineCompletions"). A suggestion that only adds the last few characters of a
   * word there is answered with "list-first". Default: none.
   */
  listWaitsIn: v.exactOptional(v.array(v.picklist(["code", "comment", "string"]))),
  /** Whether this asks again after "list-first". The answer then comes once the suggest widget has had the time to open. */
  isAfterList: v.exactOptional(v.boolean()),
});
export type CompleteParams = v.InferOutput<typeof completeParams>;

/** Why nothing was shown. The status item has a sentence for each. */
export type SilenceReason =
  | "cancelled"
  | "outdated"
  | "unknown-document"
  | "not-ready"
  | "middle-of-word"
  | "selection"
  | "several-cursors"
  /** A cached answer contradicts the item that is selected in the suggest widget, or the item cannot be completed. */
  | "suggest-widget"
  /** The suggestion only completes a word, so the suggest widget may open first. A request with `isAfterList` gets it. */
  | "list-first"
  | "on-battery"
  /** The settings turn suggestions off in comments, or in strings. */
  | "in-comment"
  | "in-string"
  /** The model was not sure enough of any text. */
  | "unsure"
  /** The user has dismissed or undone this suggestion at this place, or has dismissed another one on this line. */
  | "refused"
  /** The suggestion begins with a bracket that closes nothing, or with a semicolon within round or square brackets. */
  | "unbalanced"
  /** The suggestion begins with a name that only another file has, or that is declared only in blocks around other places. */
  | "out-of-scope"
  /** The suggestion returned something else than the function declares. */
  | "wrong-type"
  | "model-silent"
  | "only-whitespace"
  | "repeats-suffix"
  | "prose"
  | "duplicates-next-line"
  | "repetitive"
  | "failed";

/** Where an answer comes from. */
export type AnswerSource =
  /** The suggestion on the screen, the beginning of which was typed. */
  | "typed-through"
  /** An earlier suggestion. */
  | "cache"
  /** A request that was running for an earlier keystroke. */
  | "in-flight"
  /** Text after the same words in an open document. */
  | "copy"
  | "model";

export interface CompletionTimings {
  /** Milliseconds of the whole request. */
  totalMs: number;
  /** Milliseconds of the debounce. */
  debounceMs: number;
  /** Milliseconds in the queue. */
  queueMs: number;
  /** Milliseconds of prefill. */
  prefillMs: number;
  /** Milliseconds of decoding. */
  decodeMs: number;
  /** Tokens of the prompt. */
  promptTokens: number;
  /** Tokens of the prompt that were found in the cache. */
  cachedTokens: number;
  /** Tokens of the prompt that were computed. */
  prefilledTokens: number;
  /** Tokens computed after the prompt. */
  decodedTokens: number;
}

/** A number of typed UTF-16 units of a suggestion, from one up to another, both included. */
export interface TypedSpan {
  from: number;
  to: number;
}

export type CompleteResult =
  | {
      kind: "shown";
      source: AnswerSource;
      /** Replaces [offset, offset + replaceLength). */
      text: string;
      /** How many UTF-16 units after the cursor the text replaces (closing brackets that it contains as well). */
      replaceLength: number;
      timings: CompletionTimings;
      /**
       * When so much of the text has been typed, the rest only completes a word. VS Code does not open its suggest widget
       * there, because it still shows the suggestion, so the client opens the widget beside it.
       */
      opensList?: TypedSpan;
    }
  | {
      kind: "silent";
      reason: SilenceReason;
      detail?: string;
      timings?: CompletionTimings;
      /** Whether VS Code's suggest widget waits for this answer (`listWaitsIn`), so that the client may open it at once. */
      opensList?: true;
    };

export const complete = request<CompleteResult>()("complete", completeParams);

/**
 * The answer of a running request will take longer than VS Code's suggest widget may wait for it (`listWaitsIn`), so the
 * client may open the widget at once. Sent as soon as the engine expects that, and only where the widget waits.
 */
export const completionIsLate = new NotificationType<CursorPosition>("completion/late");

/**
 * A suggestion, or its beginning, was accepted. The engine reports this, because it sees it in the document's changes.
 */
export interface Acceptance {
  uri: string;
  /** UTF-16 offset at which the text was inserted. */
  offset: number;
  /** The inserted text, with LF between lines. */
  text: string;
}

export const suggestionAccepted = new NotificationType<Acceptance>("suggestion/accepted");

/**
 * The user dismissed the suggestion on the screen. No message is needed when one is accepted, completely or in part, or
 * when that is undone, because the engine sees it in the document's changes.
 */
export const suggestionDismissed = notification("suggestion/dismissed", v.object({ uri: text }));
