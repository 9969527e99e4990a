/** The sentence that the status item and the statistics show for each reason of silence. */
import type { SilenceReason } from "../../engine/protocol/completion.ts";
import { TOO_LARGE } from "../../engine/workspace/maxLength.ts";
import type { Refusal } from "../../engine/workspace/refusal.ts";

/** The engine's reasons, and those for which the engine was not asked. */
export type Silence = SilenceReason | "off" | "language-off" | Refusal | "too-large";

export const SILENCE_SENTENCES: Record<Silence, string> = {
  off: "Suggestions are turned off.",
  "language-off": "Suggestions are turned off for this language.",
  excluded: "Sterna does not read this file: the setting sterna.inline.exclude lists it.",
  ignored: "Sterna does not read this file: git ignores it, and the setting sterna.readIgnoredFiles is off.",
  untrusted: "Sterna does not read this file: the workspace is not trusted.",
  "too-large": TOO_LARGE,
  cancelled: "The next keystroke replaced the last request.",
  outdated: "The text changed while the suggestion was computed.",
  "unknown-document": "The engine does not know this document yet; the next keystroke sends it.",
  "not-ready": "The model is not ready.",
  "middle-of-word": "The cursor is inside a word; suggestions are made at its end.",
  selection: "Text is selected.",
  "several-cursors": "There are several cursors; suggestions are made at one.",
  "suggest-widget": "The selected item of the suggestion list goes on differently.",
  "list-first": "The suggestion only finishes a word: VS Code's own list goes first.",
  "on-battery": "Suggestions while typing are turned off on battery.",
  "in-comment": "Suggestions are turned off in comments (setting sterna.inline.inComments).",
  "in-string": "Suggestions are turned off in strings (setting sterna.inline.inStrings).",
  unsure: "The model was not sure enough.",
  refused: "This suggestion was dismissed or undone here before.",
  unbalanced: "The suggestion closed a bracket that is not open.",
  "out-of-scope": "The suggestion named something that is not known in this file.",
  "wrong-type": "The suggestion returned something else than the function declares.",
  "model-silent": "The model had nothing to add here.",
  "only-whitespace": "The suggestion was only white space.",
  "repeats-suffix": "The suggestion repeated what follows the cursor.",
  prose: "The suggestion was prose instead of code.",
  "duplicates-next-line": "The suggestion was the same as the next line.",
  repetitive: "The model repeated itself.",
  failed: "The engine could not compute a suggestion.",
};
