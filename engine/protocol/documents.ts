/** Open documents and cursors, mirrored as a language client mirrors them (extension -> engine). */
import * as v from "valibot";
import { NotificationType0 } from "vscode-jsonrpc";
import { count, notification, number, text } from "./checked.ts";

export const documentOpen = v.object({
  uri: text,
  /** Path relative to the workspace folder, with forward slashes; the file name when it lies outside. */
  path: text,
  languageId: text,
  version: number,
  text,
  /** Nothing of it goes into suggestions for other files: git ignores it, or it is not known yet whether. Default false. */
  isPrivate: v.exactOptional(v.boolean()),
});
export type DocumentOpen = v.InferOutput<typeof documentOpen>;

/** Offsets count UTF-16 code units, as VS Code does. */
export const textChange = v.object({ offset: count, length: count, text });
export type TextChange = v.InferOutput<typeof textChange>;

export const documentChange = v.object({
  uri: text,
  /**
   * The version that the changes apply to: that of the last open or change sent. VS Code may merge edits and skip
   * numbers, so consecutive versions need not differ by one.
   */
  baseVersion: number,
  version: number,
  /** In the order VS Code reports them: each offset refers to the text after the changes before it in this list. */
  changes: v.array(textChange),
});
export type DocumentChange = v.InferOutput<typeof documentChange>;

export const documentOpened = notification("document/open", documentOpen);

export const documentChanged = notification("document/change", documentChange);

export const cursorPlace = v.object({
  uri: text,
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: count,
});
export type CursorPlace = v.InferOutput<typeof cursorPlace>;

/** The document is shown, or the cursor moved without typing: its prompt is computed ahead. */
export const cursorMoved = notification("document/cursor", cursorPlace);

/** No document is shown any more: nothing is computed ahead. */
export const cursorLeft = new NotificationType0("document/left");

/** The document was saved: the place of its last edit may matter elsewhere. */
export const documentSaved = notification("document/save", v.object({ uri: text }));

/** Definitions of what a document imports, where the language service knew them in time. */
export const definitions = v.object({
  /** The document that imports them. */
  uri: text,
  languageId: text,
  /** The files that they are in; paths as in {@link DocumentOpen}. */
  chunks: v.array(v.object({ uri: text, path: text, text })),
});
export type Definitions = v.InferOutput<typeof definitions>;

export const definitionsFound = notification("context/definitions", definitions);

export const documentClosed = notification("document/close", v.object({ uri: text }));
