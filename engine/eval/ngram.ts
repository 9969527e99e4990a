/**
 * The baseline that a model must beat: the words that most often followed the last few words in the same file. When a
 * longer context has not been seen, it tries shorter ones.
 */

/** The number of words in the longest sequence that is compared: a context of one word less, and the next word. */
const ORDER = 5;
const MOST_WORDS = 40;
const WORDS = /[\p{L}\p{N}_$]+|\n[ \t]*|[ \t]+|[^\s]/gu;
const IDENTIFIER = /(?<![\p{L}\p{N}_$])[\p{L}\p{N}_$]+$/u;

/** The rest of the line after `prefix`, learnt from `prefix` and `suffix`; undefined when no continuation was seen. */
export function ngramAnswer(prefix: string, suffix: string): string | undefined {
  // An unfinished word at the cursor restricts the choice to words that begin with it.
  const typed = IDENTIFIER.exec(prefix)?.[0] ?? "";
  const known = prefix.slice(0, prefix.length - typed.length).match(WORDS) ?? [];
  // The separator keeps sequences from crossing from one text into the other.
  const corpus = [...known, "\0", ...(suffix.match(WORDS) ?? [])];
  const context = known.slice(-ORDER + 1);
  let text = "";
  for (let count = 0; count < MOST_WORDS; count++) {
    const word = likeliest(corpus, context, count === 0 ? typed : "");
    if (word === undefined || word.startsWith("\n")) break;
    text += count === 0 ? word.slice(typed.length) : word;
    context.push(word);
    if (context.length >= ORDER) context.shift();
  }
  return text === "" ? undefined : text;
}

/** The most frequent word after the longest seen suffix of `context`; of equally frequent words, the last one seen. */
function likeliest(corpus: readonly string[], context: readonly string[], start: string): string | undefined {
  // An unfinished word may be completed from anywhere in the file; otherwise at least one word of context must match.
  const shortest = start === "" ? 1 : 0;
  for (let length = context.length; length >= shortest; length--) {
    const end = context.slice(context.length - length);
    const counts = new Map<string, number>();
    for (let at = length; at < corpus.length; at++) {
      const word = corpus[at] ?? "";
      if (word === "\0" || !word.startsWith(start)) continue;
      if (end.every((part, i) => corpus[at - length + i] === part)) {
        const count = (counts.get(word) ?? 0) + 1;
        counts.delete(word);
        counts.set(word, count);
      }
    }
    let best: string | undefined;
    for (const [word, count] of counts) if (best === undefined || count >= (counts.get(best) ?? 0)) best = word;
    if (best !== undefined) return best;
  }
  return undefined;
}
