/** Measures how well a model predicts a text: how many bits it needs for each byte. */

export interface TextBits {
  bits: number;
  bytes: number;
}

/**
 * The sum over all tokens but the first of -log2(p), where p is the token's probability by the logits at the token
 * before it.
 *
 * @param logits [tokens x vocabulary], row by row.
 */
export function bitsOf(logits: Float32Array, tokens: Uint32Array): number {
  const columns = logits.length / tokens.length;
  let nats = 0;
  for (let i = 1; i < tokens.length; i++) {
    const row = logits.subarray((i - 1) * columns, i * columns);
    let largest = Number.NEGATIVE_INFINITY;
    for (const logit of row) largest = Math.max(largest, logit);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    nats += Math.log(sum) + largest - (row[tokens[i] ?? 0] ?? 0);
  }
  return nats / Math.LN2;
}

/** Splits a text into pieces of whole lines, of at most `length` characters; a longer line is a piece of its own. */
export function linesWithin(text: string, length: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const line of text.split(/(?<=\n)/)) {
    if (piece !== "" && piece.length + line.length > length) {
      pieces.push(piece);
      piece = "";
    }
    piece += line;
  }
  if (piece !== "") pieces.push(piece);
  return pieces;
}
