/** The scanner's state at a place in a text, and its tokens. */
import type { StringRule } from "./syntaxes.ts";

/** Something that is open at a place; `parent` is what it is inside of. */
export interface Frame {
  /** A directive is a line of the preprocessor, `case` a statement of the shell, and markup the text around PHP. */
  readonly kind: "bracket" | "string" | "comment" | "directive" | "case" | "markup";
  readonly open: string;
  /**
   * The text that ends it; "
   * " for what ends with its line.
   */
  readonly close: string;
  /** The rule of a string; undefined for a here-document, which ends with the line `close`. */
  readonly rule?: StringRule;
  readonly parent: Frame | undefined;
}

/** A condition of the preprocessor. Each of its branches begins with what was open before the first one. */
export interface Condition {
  readonly frame: Frame | undefined;
  readonly parent: Condition | undefined;
}

export interface ScanState {
  readonly frame: Frame | undefined;
  readonly condition: Condition | undefined;
  /** The words that end the here-documents which begin on the next line. */
  readonly heredocs: readonly string[];
  /** How many closing brackets so far did not match. */
  readonly misfits: number;
  /** False when the text began in the middle of a file, so that something unknown may be open. */
  readonly isWhole: boolean;
}

export type TokenKind = "word" | "number" | "operator" | "open" | "close" | "string" | "comment" | "regex";

export interface Token {
  readonly kind: TokenKind;
  /** Offsets in the scanned text. A string that contains expressions is given in several pieces. */
  readonly start: number;
  readonly end: number;
  /** For a closing bracket: whether it closes the innermost open one; undefined where that cannot be known. */
  readonly fits?: boolean;
}

/** What kind of text a place with this state is in. */
export function placeKind({ frame }: ScanState): "code" | "string" | "comment" {
  return frame?.kind === "string" || frame?.kind === "comment" ? frame.kind : "code";
}

export function initialState(isWhole = true): ScanState {
  return { frame: undefined, condition: undefined, heredocs: [], misfits: 0, isWhole };
}
