/** What a model writes before its answer when it thinks aloud, in the form of Qwen3's family. */

export const THOUGHTS = { open: "<think>", close: "</think>" } as const;

/** An earlier answer as the model is to read it again: what comes after its thinking. */
export function withoutThoughts(answer: string): string {
  const end = answer.trimStart().startsWith(THOUGHTS.open) ? answer.indexOf(THOUGHTS.close) : -1;
  return end === -1 ? answer : answer.slice(end + THOUGHTS.close.length);
}
