/** Next edits: where else the edits so far apply (extension -> engine). */
import * as v from "valibot";
import { notification, number, request, text } from "./checked.ts";
import type { TextChange } from "./documents.ts";

export const nextEditParams = v.object({
  /** The document that is being edited. */
  uri: text,
  /** Its version. When the engine's mirror has another one, nothing is proposed. */
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: number,
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

/** The user does not want the edits of a rule. */
export const nextEditDismissed = notification("nextEdit/dismissed", v.object({ rule: text }));
