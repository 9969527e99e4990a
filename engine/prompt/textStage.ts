/**
 * A step in reading an answer while it is written. `take` receives pieces of the text and returns what is ready; `end`
 * returns what was held back until then.
 */
export interface TextStage {
  take(piece: string): string;
  end(): string;
}
