/**
 * What the status item says about a silence.
 */
import type { SilenceReason } from "../../engine/protocol/completion.ts";
import { TOO_LARGE } from "./size.ts";

/** The engine's reasons, and those for which it was not even asked. */
export type Silence = SilenceReason | "off" | "language-off" | "file-off" | "too-large";

export const SENTENCES: Record<Silence, string> = {
  off: "Suggestions are turned off.",
  "language-off": "Suggestions are turned off for this language.",
  "file-off": "Suggestions are turned off for this file.",
  "too-large": TOO_LARGE,
  cancelled: "The last request was overtaken by the next keystroke.",
  outdated: "The text changed while the suggestion was computed.",
  "unknown-document": "The engine does not know this document yet; the next keystroke sends it.",
  "not-ready": "The model is not ready.",
  "middle-of-word": "The cursor is inside a word; suggestions begin at the end of one.",
  selection: "Text is selected.",
  "several-cursors": "There are several cursors; suggestions are made at one.",
  "suggest-widget": "The list of suggestions has something else selected.",
  "on-battery": "Suggestions while typing are turned off on battery.",
  unsure: "The model was not sure enough of anything.",
  refused: "This suggestion was dismissed or undone here before.",
  unbalanced: "The model closed a bracket that is not open.",
  "model-silent": "The model had nothing to add to this line.",
  "only-whitespace": "The model suggested nothing but white space.",
  "repeats-suffix": "The model suggested what already follows the cursor.",
  prose: "The model answered in prose instead of code.",
  "duplicates-next-line": "The suggestion was the same as the next line.",
  repetitive: "The model repeated itself.",
  failed: "The engine could not compute a suggestion.",
};
