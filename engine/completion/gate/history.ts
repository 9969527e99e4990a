/**
 * Learns from the outcomes of shown suggestions: where the user's code is easier or harder to predict than the gate
 * expects, the gate shows more or less. All that is kept are two sums in memory.
 */

/** The factor by which each new outcome reduces the weight of earlier ones. */
const DECAY = 0.98;
/** When the outcomes have had this much expected variance, half of the correction that they suggest is made. */
const PRIOR = 8;
/** The most by which the log-odds are moved. */
const MOST = 1;
/** The most decisions that are kept for texts which are not shown yet. */
const DECISIONS = 32;

/** A suggestion on the screen. */
interface Pending {
  uri: string;
  prefix: string;
  text: string;
  probability: number;
}

export class GateHistory {
  /** The probability with which each text was let through, the latest last. */
  readonly #decisions = new Map<string, number>();
  /** The suggestion whose outcome is not known yet. */
  #pending: Pending | undefined;
  /** How many more outcomes were right than expected, with decay. */
  #surplus = 0;
  /** The expected variance of the outcomes, with the same decay. */
  #variance = 0;

  /** The log-odds to add to the gate's. */
  get bias(): number {
    return Math.max(-MOST, Math.min(MOST, this.#surplus / (this.#variance + PRIOR)));
  }

  /** Records with which probability of being right the gate has let a text through. */
  recordDecision(text: string, probability: number): void {
    this.#decisions.delete(text);
    this.#decisions.set(text, probability);
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size > DECISIONS && oldest !== undefined) this.#decisions.delete(oldest);
  }

  /**
   * Records that a text is shown.
   *
   * @param prefix the text before the cursor.
   * @param decided the text that the gate let through, before the filters.
   */
  recordShown(uri: string, prefix: string, text: string, decided: string): void {
    this.recordTyped(uri, prefix);
    const isSame = this.#pending !== undefined && this.#pending.prefix + this.#pending.text === prefix + text;
    const probability = this.#decisions.get(decided);
    if (!isSame) this.#pending = probability === undefined ? undefined : { uri, prefix, text, probability };
  }

  /**
   * Records what has been typed, which shows whether the suggestion on the screen was right.
   *
   * @param prefix the text before the cursor.
   */
  recordTyped(uri: string, prefix: string): void {
    const pending = this.#pending;
    if (pending === undefined || pending.uri !== uri) return;
    const whole = pending.prefix + pending.text;
    if (whole.length > prefix.length && whole.startsWith(prefix)) return;
    this.#pending = undefined;
    const isOther = prefix.startsWith(pending.prefix) && prefix.length > pending.prefix.length;
    // When the cursor is elsewhere, or text was deleted, nothing is learned about the text.
    if (prefix.startsWith(whole)) this.#learn(1, pending.probability);
    else if (isOther) this.#learn(0, pending.probability);
  }

  /** Records that the user has dismissed the suggestion on the screen. */
  recordDismissal(): void {
    if (this.#pending !== undefined) this.#learn(0, this.#pending.probability);
    this.#pending = undefined;
  }

  #learn(outcome: 0 | 1, probability: number): void {
    this.#surplus = DECAY * this.#surplus + outcome - probability;
    this.#variance = DECAY * this.#variance + probability * (1 - probability);
  }
}
