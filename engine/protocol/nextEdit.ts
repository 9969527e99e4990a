/** Next edits: what the edits so far say about other places (extension -> engine). */
import * as v from "valibot";
import { notification, number, request, text } from "./checked.ts";
import type { TextChange } from "./documents.ts";

export const nextEditParams = v.object({
  /** The document that is being edited. */
  uri: text,
  /** Its version; with another one in the mirror there is no answer. */
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: number,
  /** What the language service calls unused in this version, as far as it has said so. */
  unused: v.exactOptional(v.array(v.object({ offset: number, length: number }))),
});
export type NextEditParams = v.InferOutput<typeof nextEditParams>;

/** An edit that is proposed. */
export interface NextEdit {
  /** Of the document that it belongs to. */
  uri: string;
  /** As in DocumentOpen; the whole path of a file that is not open where its workspace folder is not known. */
  path: string;
  /** Of the document; undefined for a file that is not open. */
  version: number | undefined;
  change: TextChange;
  /** What is there now; the edit may only be made while it is. */
  oldText: string;
  /** Line of the change, counted from 0, and its text as it is now. */
  line: number;
  lineText: string;
  /** One sentence without a full stop that says what it does, for people. */
  description: string;
  /** Names what is repeated: all edits of one rule do the same thing. */
  rule: string;
  /** Edits of the rule in its document, this one among them. */
  count: number;
}

export const nextEdit = request<NextEdit | null>()("nextEdit/next", nextEditParams);

export const nextEditsParams = v.object({
  uri: text,
  version: number,
  rule: text,
});
export type NextEditsParams = v.InferOutput<typeof nextEditsParams>;

/** All edits of a rule in one document, from top to bottom; their offsets are those of the text as it is. */
export const nextEditsOfRule = request<TextChange[]>()("nextEdit/all", nextEditsParams);

/** The user does not want what a rule proposes. */
export const nextEditDismissed = notification("nextEdit/dismissed", v.object({ rule: text }));
