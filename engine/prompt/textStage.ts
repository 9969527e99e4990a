/** A step in reading an answer while it is written. */
/** Takes pieces of a text; `end` gives what was held back until then. */
export interface TextStage {
  take(piece: string): string;
  end(): string;
}
