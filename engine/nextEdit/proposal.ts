/** What is proposed, and out of which texts. */

export interface SourceText {
  /** Its path or address: files of one language end alike. */
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

/** Where a proposal lies: in the current document, in another open one, elsewhere in the repository. */
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
  place: string;
  kind: ProposalKind;
  scope: Scope;
  /** Same for all proposals that repeat the same change. */
  rule: string;
  /** Estimated probability that it is right. */
  trust: number;
}
