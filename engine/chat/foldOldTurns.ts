/**
 * Which turns the model still reads. When a conversation outgrows the room, its oldest exchanges are folded away, whole
 * ones, until it takes up to three fifths of the room: so it is folded seldom, and in between every prompt only appends
 * to the one before it.
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
 * @param foldedUpTo id of the last turn that is folded already.
 * @param room tokens for all turns.
 * @returns id of the last turn to be folded. The last question and what follows it are never folded.
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
    // An answer goes with its question.
    if (read[index + 1]?.role === "assistant" && index + 1 < lastQuestion) {
      index++;
      size -= read[index]?.size ?? 0;
      folded = read[index]?.id ?? folded;
    }
  }
  return folded;
}
