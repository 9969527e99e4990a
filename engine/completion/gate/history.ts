/**
 * What became of the suggestions that were shown, in two sums that never leave the machine's memory: where the user's
 * code is easier or harder than the gate expects, it becomes bolder or more careful.
 */

/** Weight of an outcome after the next one. */
const DECAY = 0.98;
/** Variance of outcomes that would have to be seen for half of what they say to be believed. */
const PRIOR = 8;
/** Most that the log-odds are moved by. */
const MOST = 1;
/** Decisions that are remembered until their text is shown. */
const DECISIONS = 32;

interface Open {
  uri: string;
  prefix: string;
  text: string;
  probability: number;
}

export class GateHistory {
  /** How likely each text was held to be, the latest last. */
  readonly #decisions = new Map<string, number>();
  #open: Open | undefined;
  /** Of the outcomes: how many more were right than expected, and the variance that was expected. */
  #surplus = 0;
  #variance = 0;

  /** Log-odds to be added to the gate's. */
  get bias(): number {
    return Math.max(-MOST, Math.min(MOST, this.#surplus / (this.#variance + PRIOR)));
  }

  /** The gate holds a text to be right with this probability. */
  decided(text: string, probability: number): void {
    this.#decisions.delete(text);
    this.#decisions.set(text, probability);
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size > DECISIONS && oldest !== undefined) this.#decisions.delete(oldest);
  }

  /**
   * A text appears on the screen.
   *
   * @param prefix text before the cursor.
   * @param decided the text that the gate let through, before the filters.
   */
  shown(uri: string, prefix: string, text: string, decided: string): void {
    this.typed(uri, prefix);
    const isSame = this.#open !== undefined && this.#open.prefix + this.#open.text === prefix + text;
    const probability = this.#decisions.get(decided);
    if (!isSame) this.#open = probability === undefined ? undefined : { uri, prefix, text, probability };
  }

  /**
   * The cursor is after this text now.
   *
   * @param prefix text before the cursor.
   */
  typed(uri: string, prefix: string): void {
    const open = this.#open;
    if (open === undefined || open.uri !== uri) return;
    const whole = open.prefix + open.text;
    if (whole.length > prefix.length && whole.startsWith(prefix)) return;
    this.#open = undefined;
    if (prefix.startsWith(whole)) this.#learn(1, open.probability);
    // Elsewhere, or taken back, nothing is said of the text.
    else if (prefix.startsWith(open.prefix) && prefix.length > open.prefix.length) this.#learn(0, open.probability);
  }

  /** The user has refused what is on the screen. */
  dismissed(): void {
    if (this.#open !== undefined) this.#learn(0, this.#open.probability);
    this.#open = undefined;
  }

  #learn(outcome: 0 | 1, probability: number): void {
    this.#surplus = DECAY * this.#surplus + outcome - probability;
    this.#variance = DECAY * this.#variance + probability * (1 - probability);
  }
}
