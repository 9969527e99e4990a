/**
 * Prefills ahead of need: the prompt of the place where typing is likely to go on next. At the lowest priority, in
 * slices, and only while nothing else is to be done; what a request cuts short goes on after it.
 */
import type { Clock } from "../clock.ts";
import type { LoadedModel } from "../model.ts";
import { GREEDY, Priority } from "../native.ts";
import type { Scheduler } from "../scheduler.ts";

/**
 * Milliseconds of work that a request may throw away by cancelling a slice. Longer slices use the processor better (a
 * batch of 16 tokens runs at full speed on the machines measured), shorter ones lose less.
 */
const SLICE_MS = 60;
const SMALLEST_SLICE = 16;
const LARGEST_SLICE = 128;

/** Prompts of which the engine may still hold something. */
const REMEMBERED = 16;

const NO_TOKENS = new Uint32Array();

export class Warmer {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  #current = new AbortController();
  /** The document whose prompt is being warmed. */
  #uri = "";
  #tokens = 0;
  /** The latest last. */
  readonly #computed: Uint32Array[] = [];

  constructor(scheduler: Scheduler, clock: Clock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** Tokens computed so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /** Told of every prompt that a request has computed: warming begins where they agree with its own. */
  computed(tokens: Uint32Array): void {
    this.#computed.push(tokens);
    if (this.#computed.length > REMEMBERED) {
      this.#computed.shift();
    }
  }

  /** Gives up what is being warmed: of one document, or whatever it is. */
  cancel(uri = this.#uri): void {
    if (uri === this.#uri) {
      this.#current.abort();
    }
  }

  /**
   * Warms a prompt, and gives up the one before.
   *
   * @param uri of the document.
   * @param idleMs to wait before.
   * @param build called after the wait; the prompt.
   * @param andThen runs when all of it is computed.
   */
  warm(
    uri: string,
    model: LoadedModel,
    idleMs: number,
    build: () => Uint32Array,
    andThen: (signal: AbortSignal) => Promise<void> = async () => {},
  ): void {
    this.#current.abort();
    this.#current = new AbortController();
    this.#uri = uri;
    const { signal } = this.#current;
    void this.#run(model, idleMs, build, signal)
      .then(() => (signal.aborted ? undefined : andThen(signal)))
      .catch(() => {
        // Nobody waits for it: the request for that place will say what is wrong.
      });
  }

  async #run(model: LoadedModel, idleMs: number, build: () => Uint32Array, signal: AbortSignal): Promise<void> {
    if (!(await this.#clock.wait(idleMs, signal))) {
      return;
    }
    const tokens = build();
    // A slice that ended before what is cached already would make the cache forget the rest.
    let done = Math.max(0, ...this.#computed.map((other) => commonLength(other, tokens)));
    while (done < tokens.length && !signal.aborted) {
      const end = Math.min(tokens.length, done + sliceTokens(model.speed.tokensPerSecond));
      const start = () =>
        model.native.generate({
          tokens: tokens.subarray(0, end),
          maxTokens: 0,
          sampling: GREEDY,
          stop: [],
          stopTokens: NO_TOKENS,
          priority: Priority.warm,
        });
      const { kind, result } = await this.#scheduler.warm(start, signal);
      this.#tokens += result?.prefilledTokens ?? 0;
      if (kind === "done") {
        model.speed.observe(result);
        this.computed(tokens.subarray(0, end));
        done = end;
      }
    }
  }
}

function commonLength(one: Uint32Array, other: Uint32Array): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) {
    length++;
  }
  return length;
}

/** Tokens of a slice. */
export function sliceTokens(tokensPerSecond: number): number {
  const tokens = Math.floor((tokensPerSecond * SLICE_MS) / 1000);
  return Math.min(LARGEST_SLICE, Math.max(SMALLEST_SLICE, tokens));
}
