/**
 * Decides which turns the model still reads. When a conversation becomes too long, its oldest exchanges are left out
 * completely, until the rest takes at most this share of the room. So this happens rarely, and in between every prompt
 * only appends to the one before it.
 */
const FOLD_TO = 0.6;

export interface Sized {
  id: number;
  role: "user" | "assistant";
  /** Tokens. */
  size: number;
}

/**
 * @param turns in order.
 * @param foldedUpTo the id of the last turn that is already left out.
 * @param room tokens for all turns.
 * @returns the id of the last turn to leave out. The last question and what follows it are always kept.
 */
export function foldUpTo(turns: readonly Sized[], foldedUpTo: number, room: number): number {
  const read = turns.filter(({ id }) => id > foldedUpTo);
  let size = read.reduce((sum, turn) => sum + turn.size, 0);
  if (size <= room) {
    return foldedUpTo;
  }
  const lastQuestion = read.findLastIndex(({ role }) => role === "user");
  let folded = foldedUpTo;
  for (let index = 0; index < lastQuestion && size > room * FOLD_TO; index++) {
    const turn = read[index];
    if (turn === undefined) {
      break;
    }
    size -= turn.size;
    folded = turn.id;
    // An answer is left out together with its question.
    if (read[index + 1]?.role === "assistant" && index + 1 < lastQuestion) {
      index++;
      size -= read[index]?.size ?? 0;
      folded = read[index]?.id ?? folded;
    }
  }
  return folded;
}
