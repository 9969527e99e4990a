/**
 * Chunks of other files in a prompt. They come before everything from the file itself, so that they need not be computed
 * again while the user types.
 */

export interface PromptChunk {
  path: string;
  languageId: string;
  text: string;
}

/**
 * As many chunks as fit, the newest first. The newest comes last in the prompt, next to the file itself.
 *
 * @param budget tokens for all of them together.
 */
export function chunkTokens(
  relatedChunks: (() => readonly PromptChunk[]) | undefined,
  budget: number,
  write: (chunk: PromptChunk) => Uint32Array,
): Uint32Array {
  const ids: number[][] = [];
  let left = budget;
  for (const chunk of budget > 0 && relatedChunks !== undefined ? [...relatedChunks()].reverse() : []) {
    const tokens = write(chunk);
    if (tokens.length <= left) {
      ids.unshift([...tokens]);
      left -= tokens.length;
    }
  }
  return Uint32Array.from(ids.flat());
}
