/** A proposed edit, and the texts in which proposals are looked for. */

export interface SourceText {
  /** Its address or its path; the ending tells the language. */
  uri: string;
  text: string;
}

export interface Workspace {
  current: SourceText;
  /** Other open documents, the one edited last first. */
  open: readonly SourceText[];
  /** Files that are not open and hold a word, the nearest first. */
  filesWith(word: string): Iterable<SourceText>;
}

/**
 * Where a proposal is: in the current document, in another open one, or in a file of the repository that is not open.
 */
export type Scope = "file" | "open" | "repository";

export type ProposalKind =
  | "declaration"
  | "rename"
  | "expression"
  | "insertion"
  | "deletion"
  | "line"
  | "block"
  | "words"
  | "variant"
  | "argument"
  | "inserted line"
  | "unused import";

/** Replace `[start, end)` of a document by `text`. */
export interface Proposal {
  uri: string;
  start: number;
  end: number;
  text: string;
  /** The line that it begins in with the ones above and below, as they are now. */
  surroundings: string;
  kind: ProposalKind;
  scope: Scope;
  /** Identifies the rule; proposals that repeat the same change have the same one. */
  rule: string;
  /** The estimated probability that it is right, from 0 to 1. */
  trust: number;
}
