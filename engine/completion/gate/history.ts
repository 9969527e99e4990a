/**
 * The outcomes of shown suggestions, as two sums that stay in memory: where the user's code is easier or harder than
 * the gate expects, the gate becomes bolder or more careful.
 */

/** The factor by which each new outcome reduces the weight of earlier ones. */
const DECAY = 0.98;
/** How much expected variance must have been seen until half of what the outcomes suggest is believed. */
const PRIOR = 8;
/** The most by which the log-odds are moved. */
const MOST = 1;
/** How many decisions are kept until their text is shown. */
const DECISIONS = 32;

interface Open {
  uri: string;
  prefix: string;
  text: string;
  probability: number;
}

export class GateHistory {
  /** The probability that each text was given, the latest last. */
  readonly #decisions = new Map<string, number>();
  #open: Open | undefined;
  /** How many more outcomes were right than expected, with decay. */
  #surplus = 0;
  /** The expected variance of the outcomes, with the same decay. */
  #variance = 0;

  /** The log-odds to add to the gate's. */
  get bias(): number {
    return Math.max(-MOST, Math.min(MOST, this.#surplus / (this.#variance + PRIOR)));
  }

  /** The gate gives a text this probability of being right. */
  decided(text: string, probability: number): void {
    this.#decisions.delete(text);
    this.#decisions.set(text, probability);
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size > DECISIONS && oldest !== undefined) this.#decisions.delete(oldest);
  }

  /**
   * A text is shown.
   *
   * @param prefix the text before the cursor.
   * @param decided the text that the gate let through, before the filters.
   */
  recordShown(uri: string, prefix: string, text: string, decided: string): void {
    this.typed(uri, prefix);
    const isSame = this.#open !== undefined && this.#open.prefix + this.#open.text === prefix + text;
    const probability = this.#decisions.get(decided);
    if (!isSame) this.#open = probability === undefined ? undefined : { uri, prefix, text, probability };
  }

  /**
   * The cursor is after this text now.
   *
   * @param prefix the text before the cursor.
   */
  typed(uri: string, prefix: string): void {
    const open = this.#open;
    if (open === undefined || open.uri !== uri) return;
    const whole = open.prefix + open.text;
    if (whole.length > prefix.length && whole.startsWith(prefix)) return;
    this.#open = undefined;
    if (prefix.startsWith(whole)) this.#learn(1, open.probability);
    // When the cursor is elsewhere, or text was deleted, nothing is learned about the text.
    else if (prefix.startsWith(open.prefix) && prefix.length > open.prefix.length) this.#learn(0, open.probability);
  }

  /** The user has dismissed what is on the screen. */
  dismissed(): void {
    if (this.#open !== undefined) this.#learn(0, this.#open.probability);
    this.#open = undefined;
  }

  #learn(outcome: 0 | 1, probability: number): void {
    this.#surplus = DECAY * this.#surplus + outcome - probability;
    this.#variance = DECAY * this.#variance + probability * (1 - probability);
  }
}
