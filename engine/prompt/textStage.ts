/** A step in reading an answer while it is written. */
/** Takes pieces of a text and returns what is ready; `end` returns what was held back until then. */
export interface TextStage {
  take(piece: string): string;
  end(): string;
}
