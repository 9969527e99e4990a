/** Open documents and cursors, mirrored as a language client mirrors them (extension -> engine). */
import { NotificationType, NotificationType0 } from "vscode-jsonrpc";

export interface DocumentOpen {
  uri: string;
  /** Path relative to the workspace folder, with forward slashes; the file name when it lies outside. */
  path: string;
  languageId: string;
  version: number;
  text: string;
  /** Nothing of it goes into suggestions for other files: git ignores it, or it is not known yet whether. Default false. */
  isPrivate?: boolean;
}

/** Offsets count UTF-16 code units, as VS Code does. */
export interface TextChange {
  offset: number;
  length: number;
  text: string;
}

export interface DocumentChange {
  uri: string;
  /**
   * The version that the changes apply to: that of the last open or change sent. VS Code may merge edits and skip
   * numbers, so consecutive versions need not differ by one.
   */
  baseVersion: number;
  version: number;
  /** In the order VS Code reports them: each offset refers to the text after the changes before it in this list. */
  changes: TextChange[];
}

export const documentOpened = new NotificationType<DocumentOpen>("document/open");

export const documentChanged = new NotificationType<DocumentChange>("document/change");

export interface CursorPlace {
  uri: string;
  version: number;
  /** UTF-16 offset of the cursor. */
  offset: number;
}

/** The document is shown, or the cursor moved without typing: its prompt is computed ahead. */
export const cursorMoved = new NotificationType<CursorPlace>("document/cursor");

/** No document is shown any more: nothing is computed ahead. */
export const cursorLeft = new NotificationType0("document/left");

/** The document was saved: the place of its last edit may matter elsewhere. */
export const documentSaved = new NotificationType<{ uri: string }>("document/save");

/** Definitions of what a document imports, where the language service knew them in time. */
export interface Definitions {
  /** The document that imports them. */
  uri: string;
  languageId: string;
  /** The files that they are in; paths as in {@link DocumentOpen}. */
  chunks: { uri: string; path: string; text: string }[];
}

export const definitionsFound = new NotificationType<Definitions>("context/definitions");

export const documentClosed = new NotificationType<{ uri: string }>("document/close");
