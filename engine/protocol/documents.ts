/** Open documents and cursors, mirrored as a language client does it (extension -> engine). */
import * as v from "valibot";
import { NotificationType0 } from "vscode-jsonrpc";
import { count, notification, number, text } from "./checked.ts";

export const documentOpen = v.object({
  uri: text,
  /** Path relative to the workspace folder, with forward slashes; the file's name when it is outside. */
  path: text,
  languageId: text,
  version: number,
  text,
  /**
   * Whether its text must not be used in other files, because git ignores it or that is not known yet. Default false.
   */
  isPrivate: v.exactOptional(v.boolean()),
});
export type DocumentOpen = v.InferOutput<typeof documentOpen>;

/** Offsets count UTF-16 code units, as VS Code does. */
export const textChange = v.object({ offset: count, length: count, text });
export type TextChange = v.InferOutput<typeof textChange>;

export const documentChange = v.object({
  uri: text,
  /**
   * The version that the changes apply to: that of the last open or change message. VS Code may merge edits and skip
   * numbers, so consecutive versions need not differ by one.
   */
  baseVersion: number,
  version: number,
  /** In VS Code's order: each offset refers to the text after the changes before it in this list. */
  changes: v.array(textChange),
});
export type DocumentChange = v.InferOutput<typeof documentChange>;

export const documentOpened = notification("document/open", documentOpen);

export const documentChanged = notification("document/change", documentChange);

export const cursorPosition = v.object({
  uri: text,
  version: number,
  /** UTF-16 offset of the cursor. */
  offset: count,
});
export type CursorPosition = v.InferOutput<typeof cursorPosition>;

/** The document is shown, or the cursor moved without typing. The engine computes its prompt in advance. */
export const cursorMoved = notification("document/cursor", cursorPosition);

/** No document is shown any more, so nothing is computed in advance. */
export const cursorLeft = new NotificationType0("document/left");

/** The document was saved. What was last edited in it may matter in other documents. */
export const documentSaved = notification("document/save", v.object({ uri: text }));

/** Definitions of the names that a document imports, as far as the language service gave them in time. */
export const definitions = v.object({
  /** The document that imports them. */
  uri: text,
  languageId: text,
  /** The files that contain them; paths as in {@link DocumentOpen}. */
  chunks: v.array(v.object({ uri: text, path: text, text })),
});
export type Definitions = v.InferOutput<typeof definitions>;

export const definitionsFound = notification("context/definitions", definitions);

export const documentClosed = notification("document/close", v.object({ uri: text }));
