/**
 * Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) over documents of
 * words, and the share of a question that a document covers.
 */

/**
 * BM25's k1: how fast further occurrences of a word stop counting. Below, its b: how much a document's length counts.
 */
const SATURATION = 1.2;
const LENGTH_SHARE = 0.6;
/** More occurrences than this count as this many. */
const MOST_COUNTED = 255;

export interface Match {
  document: number;
  score: number;
}

/** Which documents contain a word, how often, and how long all documents are. Documents are numbered from 0. */
export class WordIndex {
  /** By word: (document * 256 + occurrences) for each document that contains it, in ascending order. */
  readonly #postings = new Map<string, number[]>();
  readonly #lengths: number[] = [];
  readonly #dropped = new Set<number>();
  #words = 0;

  /**
   * @param counts occurrences by word; important ones may be counted several times. @returns the number of the document
   */
  add(counts: ReadonlyMap<string, number>, length: number): number {
    const document = this.#lengths.push(length) - 1;
    this.#words += length;
    for (const [word, count] of counts) {
      const posting = document * (MOST_COUNTED + 1) + Math.min(MOST_COUNTED, Math.round(count));
      const postings = this.#postings.get(word);
      if (postings === undefined) this.#postings.set(word, [posting]);
      else postings.push(posting);
    }
    return document;
  }

  drop(document: number): void {
    if (this.#dropped.has(document)) return;
    this.#dropped.add(document);
    this.#words -= this.#lengths[document] ?? 0;
  }

  get size(): number {
    return this.#lengths.length - this.#dropped.size;
  }

  /** How many removed documents still take memory. */
  get stale(): number {
    return this.#dropped.size;
  }

  /** The weight of a word: the fewer documents contain it, the greater. */
  weight(word: string): number {
    const count = this.#postings.get(word)?.length ?? 0;
    const all = this.#lengths.length;
    return Math.log(1 + (all - count + 0.5) / (count + 0.5));
  }

  has(word: string): boolean {
    return this.#postings.has(word);
  }

  /** The documents that contain any of the words, the best first. */
  search(words: readonly string[], most: number): Match[] {
    const average = this.#words / Math.max(1, this.size);
    const scores = new Map<number, number>();
    for (const word of words) {
      const weight = this.weight(word);
      for (const posting of this.#postings.get(word) ?? []) {
        const document = Math.floor(posting / (MOST_COUNTED + 1));
        if (this.#dropped.has(document)) continue;
        const relative = (this.#lengths[document] ?? 0) / average;
        const gain = weight * termScore(posting % (MOST_COUNTED + 1), relative);
        scores.set(document, (scores.get(document) ?? 0) + gain);
      }
    }
    const matches = [...scores].map(([document, score]) => ({ document, score }));
    return matches.sort((a, b) => b.score - a.score || a.document - b.document).slice(0, most);
  }
}

/** How much a word counts that occurs `count` times. @param relative the document's length divided by the average. */
export function termScore(count: number, relative: number): number {
  return (count * (SATURATION + 1)) / (count + SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * relative));
}

export function countsOf(words: Iterable<string>, each = 1, counts = new Map<string, number>()): Map<string, number> {
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + each);
  return counts;
}
