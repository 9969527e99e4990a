/** Next edits: what the edits so far say about other places (extension -> engine). */
import { NotificationType, RequestType } from "vscode-jsonrpc";
import type { TextChange } from "./documents.ts";

export interface NextEditParams {
  /** The document that is being edited. */
  uri: string;
  /** Its version; with another one in the mirror there is no answer. */
  version: number;
  /** UTF-16 offset of the cursor. */
  offset: number;
}

/** An edit that is proposed. */
export interface NextEdit {
  /** Of the document that it belongs to. */
  uri: string;
  /** As in DocumentOpen. */
  path: string;
  /** Of the document; undefined for a file that is not open. */
  version: number | undefined;
  change: TextChange;
  /** What stands there now; the edit may only be made while it does. */
  oldText: string;
  /** Line of the change, counted from 0. */
  line: number;
  /** One sentence without a full stop that says what it does, for people. */
  description: string;
  /** Names what is repeated: all edits of one rule do the same thing. */
  rule: string;
  /** Edits of the rule in its document, this one among them. */
  count: number;
}

export const nextEdit = new RequestType<NextEditParams, NextEdit | null, void>("nextEdit/next");

export interface NextEditsParams {
  uri: string;
  version: number;
  rule: string;
}

/** All edits of a rule in one document, from top to bottom; their offsets are those of the text as it stands. */
export const nextEditsOfRule = new RequestType<NextEditsParams, TextChange[], void>("nextEdit/all");

/** The user does not want what a rule proposes. */
export const nextEditDismissed = new NotificationType<{ rule: string }>("nextEdit/dismissed");
