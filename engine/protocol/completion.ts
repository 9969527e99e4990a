/** Inline completion: the request of a keystroke, its answer, and what became of the answer. */
import * as v from "valibot";
import { NotificationType } from "vscode-jsonrpc";
import { count, notification, number, request, text } from "./checked.ts";
import { textChange } from "./documents.ts";

export const completeParams = v.object({
  uri: text,
  /** The version the cursor refers to; the engine answers "outdated" when its mirror differs. */
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: count,
  /** "manual" skips the debounce, and what is remembered. */
  trigger: v.picklist(["automatic", "manual"]),
  /** Cursors in the editor. Default 1. */
  cursors: v.exactOptional(number),
  /** Text is selected. Default false. */
  isSelecting: v.exactOptional(v.boolean()),
  /** The item selected in the suggest widget: it would replace [offset, offset + length). */
  widgetItem: v.exactOptional(textChange),
  /** How the editor indents. */
  indent: v.exactOptional(v.object({ insertSpaces: v.boolean(), tabSize: number })),
});
export type CompleteParams = v.InferOutput<typeof completeParams>;

/** Why nothing was shown. The status item turns each into a sentence. */
export type SilenceReason =
  | "cancelled"
  | "outdated"
  | "unknown-document"
  | "not-ready"
  | "middle-of-word"
  /** Text is selected, or there are several cursors. */
  | "selection"
  | "several-cursors"
  /** The item selected in the suggest widget goes another way. */
  | "suggest-widget"
  | "on-battery"
  /** The setting turns suggestions off there. */
  | "in-comment"
  | "in-string"
  /** The model was not sure enough of anything. */
  | "unsure"
  /** The user did not want this suggestion here. */
  | "refused"
  /** Nothing is left before a bracket that closes nothing. */
  | "unbalanced"
  /** It named something that only another file knows. */
  | "out-of-scope"
  | "model-silent"
  | "only-whitespace"
  | "repeats-suffix"
  | "prose"
  | "duplicates-next-line"
  | "repetitive"
  | "failed";

/** Where an answer comes from. */
export type AnswerSource =
  /** The suggestion on the screen, whose beginning was typed. */
  | "typed-through"
  /** An earlier suggestion. */
  | "cache"
  /** A request that was running for an earlier keystroke. */
  | "in-flight"
  /** What is in an open document after the same text. */
  | "copy"
  | "model";

export interface CompletionTimings {
  /** Milliseconds: whole request, debounce in it, waiting for the engine, prompt computation, decoding. */
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
      /** Inserted in place of [offset, offset + replaceLength). */
      text: string;
      /** UTF-16 units after the cursor that the text replaces (closers that it repeats). */
      replaceLength: number;
      timings: CompletionTimings;
    }
  | { kind: "silent"; reason: SilenceReason; detail?: string; timings?: CompletionTimings };

export const complete = request<CompleteResult>()("complete", completeParams);

/** A suggestion, or a beginning of it, was accepted: told by the engine, which sees it in the changes of the document. */
export interface Acceptance {
  uri: string;
  /** UTF-16 offset at which the text was inserted. */
  offset: number;
  /** LF between lines. */
  text: string;
}

export const suggestionAccepted = new NotificationType<Acceptance>("suggestion/accepted");

/**
 * The user dismissed the suggestion on the screen. Acceptance, whole or in part, and its undo show in the changes of the
 * document.
 */
export const suggestionDismissed = notification("suggestion/dismissed", v.object({ uri: text }));
