/** Next edits: where else the edits so far apply (extension -> engine). */
import * as v from "valibot";
import { count, notification, number, request, text } from "./checked.ts";
import { type TextChange, textChange } from "./documents.ts";

const nextEditPlace = {
  /** The document that is being edited. */
  uri: text,
  /** Its version. When the engine's mirror has another one, nothing is proposed. */
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: number,
};

export const nextEditParams = v.object({
  ...nextEditPlace,
  /** The ranges that the language service reports as unused, as far as it has examined this version. */
  unused: v.exactOptional(v.array(v.object({ offset: number, length: number }))),
});
export type NextEditParams = v.InferOutput<typeof nextEditParams>;

/** A proposed edit. */
export interface NextEdit {
  /** The document of the edit. */
  uri: string;
  /** The path for people: as in DocumentOpen, or the whole path for a file that is in no known workspace folder. */
  path: string;
  /** The document's version; undefined for a file that is not open. */
  version: number | undefined;
  change: TextChange;
  /** The text that the edit replaces; the edit may only be made while it is there. */
  oldText: string;
  /** Line of the change, counted from 0; below, its present text. */
  line: number;
  lineText: string;
  /** One sentence without a full stop that says what it does, for people. */
  description: string;
  /** Identifies what is repeated: all edits of one rule do the same thing. */
  rule: string;
  /** The number of edits of this rule in the document, including this one. */
  count: number;
}

export const nextEdit = request<NextEdit | null>()("nextEdit/next", nextEditParams);

export const nextEditsParams = v.object({
  uri: text,
  version: number,
  rule: text,
});
export type NextEditsParams = v.InferOutput<typeof nextEditsParams>;

/** All edits of a rule in one document, from top to bottom, with offsets in the present text. */
export const nextEditsOfRule = request<TextChange[]>()("nextEdit/all", nextEditsParams);

/** An error that a language service reports, with its place in UTF-16 offsets. */
export const problem = v.object({ offset: count, length: count, message: text });
export type Problem = v.InferOutput<typeof problem>;

export const nextEditProblemsParams = v.object({
  ...nextEditPlace,
  /** The document's errors now; below, the messages of those from before the last edits. */
  problems: v.array(problem),
  before: v.array(text),
});
export type NextEditProblemsParams = v.InferOutput<typeof nextEditProblemsParams>;

/** The errors that the last edits have caused and whose quick fixes may be proposed, the nearest to the cursor first. */
export const nextEditProblems = request<Problem[]>()("nextEdit/problems", nextEditProblemsParams);

export const nextEditFixParams = v.object({
  ...nextEditPlace,
  problem,
  /** The quick fixes that a language service offers for the error. */
  fixes: v.array(
    v.object({
      title: text,
      /** Whether the language service says that it is the most reasonable one. */
      isPreferred: v.boolean(),
      /** All that it changes in this document; undefined when it does anything else, too. */
      changes: v.exactOptional(v.array(textChange)),
    }),
  ),
});
export type NextEditFixParams = v.InferOutput<typeof nextEditFixParams>;

/** The quick fix as a next edit; null when none is sure enough. */
export const nextEditOfFix = request<NextEdit | null>()("nextEdit/fix", nextEditFixParams);

/** The user does not want the edits of a rule. */
export const nextEditDismissed = notification("nextEdit/dismissed", v.object({ rule: text }));
