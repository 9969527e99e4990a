/** What a model of Qwen3's family writes before its answer when it thinks aloud. */

export const THOUGHTS = { open: "<think>", close: "</think>" } as const;

/** An earlier answer as it is given to the model again: only what comes after its thoughts. */
export function withoutThoughts(answer: string): string {
  const end = answer.trimStart().startsWith(THOUGHTS.open) ? answer.indexOf(THOUGHTS.close) : -1;
  return end === -1 ? answer : answer.slice(end + THOUGHTS.close.length);
}
