/** What the scanner knows at a place of a text, and the tokens it gives. */
import type { StringRule } from "./syntaxes.ts";

/** What is open at a place, the innermost first. */
export interface Frame {
  /** A directive is a line of the preprocessor, `case` a statement of the shell, markup what surrounds PHP. */
  readonly kind: "bracket" | "string" | "comment" | "directive" | "case" | "markup";
  readonly open: string;
  /** What ends it; "\n" for what ends with its line. */
  readonly close: string;
  /** Of a string; undefined for a document within the text, which ends with the line `close`. */
  readonly rule?: StringRule;
  readonly parent: Frame | undefined;
}

/** A condition of the preprocessor: each of its branches begins with what was open before the first. */
export interface Condition {
  readonly frame: Frame | undefined;
  readonly parent: Condition | undefined;
}

export interface ScanState {
  readonly frame: Frame | undefined;
  readonly condition: Condition | undefined;
  /** Words that end the documents which begin on the next line. */
  readonly heredocs: readonly string[];
  /** Closing brackets so far that did not fit. */
  readonly misfits: number;
  /** False where the text began in the middle of a file: something may be open that is not known. */
  readonly isWhole: boolean;
}

export type TokenKind = "word" | "number" | "operator" | "open" | "close" | "string" | "comment" | "regex";

export interface Token {
  readonly kind: TokenKind;
  /** Offsets in the scanned text. A string with expressions inside comes in several pieces. */
  readonly start: number;
  readonly end: number;
  /** Of a closing bracket: whether it closes the innermost open one; undefined where that cannot be known. */
  readonly fits?: boolean;
}
