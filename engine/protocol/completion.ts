/** Inline completion: the request of a keystroke, its answer, and what the user did with the answer. */
import * as v from "valibot";
import { NotificationType } from "vscode-jsonrpc";
import { count, notification, number, request, text } from "./checked.ts";
import { textChange } from "./documents.ts";

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
});
export type CompleteParams = v.InferOutput<typeof completeParams>;

/** Why nothing was shown. The status item has a sentence for each. */
export type SilenceReason =
  | "cancelled"
  | "outdated"
  | "unknown-document"
  | "not-ready"
  | "middle-of-word"
  /** Text is selected, or there are several cursors. */
  | "selection"
  | "several-cursors"
  /** The model does not agree with the item that is selected in the suggest widget. */
  | "suggest-widget"
  | "on-battery"
  /** The settings turn suggestions off there. */
  | "in-comment"
  | "in-string"
  /** The model was not sure enough of any text. */
  | "unsure"
  /** The user has dismissed this suggestion here. */
  | "refused"
  /** Nothing is left before a bracket that closes nothing. */
  | "unbalanced"
  /** It uses a name that only another file knows. */
  | "out-of-scope"
  /** It returned something else than the function declares. */
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
  /** Milliseconds: the whole request; below, the debounce, waiting for the engine, computing the prompt, decoding. */
  totalMs: number;
  debounceMs: number;
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
  promptTokens: number;
  cachedTokens: number;
  prefilledTokens: number;
  decodedTokens: number;
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
    }
  | { kind: "silent"; reason: SilenceReason; detail?: string; timings?: CompletionTimings };

export const complete = request<CompleteResult>()("complete", completeParams);

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
