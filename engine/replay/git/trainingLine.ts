/** Makes the data that the gate is trained on. It has only numbers, and no code. */
import type { RecordedCandidate } from "../candidates.ts";

export interface TrainingLine {
  /** The features (completion/gate/features.ts) for each place where the answer may be cut. */
  rows: number[][];
  /** For each row, 1 if the text that would be shown was what the user typed next, else 0. */
  labels: number[];
}

export function trainingLine({ features, cuts }: RecordedCandidate, future: string): TrainingLine {
  const line: TrainingLine = { rows: [], labels: [] };
  for (const { end, values } of features) {
    const shown = cuts.filter((cut) => cut.end <= end).at(-1)?.shown;
    if (shown === undefined || shown.text === "") continue;
    line.rows.push([...values].map((value) => Number(value.toPrecision(5))));
    line.labels.push(Number(future.startsWith(shown.text)));
  }
  return line;
}
