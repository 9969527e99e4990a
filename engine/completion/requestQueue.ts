/**
 * Requests to the model: makes them, keeps the one that is on its way while it may still be wanted, and remembers what
 * came of it.
 */

import type { LoadedModel } from "../backend/loadedModel.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import { type GenerateRequest, type GenerateResult, GREEDY, Priority } from "../native.ts";
import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { Suggestions } from "./completionCache.ts";
import { placeOf, type Spot } from "./completionSite.ts";
import { type Piece, piecesOf } from "./confidence.ts";
import type { Prompts } from "./documentPrompts.ts";
import { beforeCache } from "./filters/index.ts";
import { type Gate, OPEN_GATE } from "./gate.ts";
import { Flight, type Landing } from "./inFlightRequest.ts";
import { type Shape, shapeOf } from "./lineOrBlock.ts";
import { memoryOf } from "./ngramTexts.ts";
import { stopAt } from "./stops/index.ts";

/** A block may have so many times the tokens of a line. */
const BLOCK_TOKENS = 3;
/**
 * Where every token is rated, the model goes on to write what it is less sure of, down to this probability: typing may
 * make it sure.
 */
const TAIL_FLOOR = 0.005;
/** Weight of a new response time. */
const WEIGHT = 0.2;

/** Parts of the path that a replay can leave out to measure them. */
export const PARTS = ["filters", "gate", "stops", "copies", "memory", "context"] as const;
export type Part = (typeof PARTS)[number];

export interface RunSettings {
  maxTokens: number;
  gate: Gate;
  /**
   * Where only the first token is rated, the model says nothing at all below this probability of it; 0 where everything
   * is shown.
   */
  floor: number;
  copyGate: Gate;
  without: readonly Part[];
}

/** What became of a request. */
export type Settled =
  | { kind: "text"; text: string; pieces: readonly Piece[] }
  | { kind: "silence"; reason: SilenceReason }
  | { kind: "cancelled" };

export interface Running {
  flight: Flight;
  settled: Promise<Settled>;
}

type Request = Omit<GenerateRequest, "priority">;

export interface RunDependencies {
  scheduler: Scheduler;
  clock: Clock;
  prompts: Prompts;
  suggestions: Suggestions;
  /** Texts that a completion may copy from, besides its own document; the most useful first. */
  others(uri: string, context: CursorContext): readonly string[];
  /** Told what the model has computed for a request. */
  onGenerated(params: CompleteParams, result: GenerateResult): void;
}

export class Runs {
  readonly #deps: RunDependencies;
  #current: Running | undefined;
  #responseMs = 0;

  constructor(deps: RunDependencies) {
    this.#deps = deps;
  }

  /** The request that is on its way. */
  get current(): Running | undefined {
    return this.#current?.flight.isOver ? undefined : this.#current;
  }

  /** Milliseconds that an answer usually takes. */
  get responseMs(): number {
    return this.#responseMs;
  }

  cancel(): void {
    this.#current?.flight.cancel();
  }

  /**
   * Sends a place to the model.
   *
   * @param isAccepted a suggestion has just been accepted there.
   */
  ask(params: CompleteParams, spot: Spot, model: LoadedModel, settings: RunSettings, isAccepted: boolean): Running {
    const { clock, scheduler, onGenerated } = this.#deps;
    const shape = shapeOf(spot.led, isAccepted);
    const request = this.#request(spot, model, settings, shape);
    const since = clock.now();
    const flight = new Flight({
      clock,
      place: placeOf(spot.uri, spot.context),
      // What was asked for by hand is not asked for again at the next key.
      ...(params.trigger === "manual" && { lingerMs: 0 }),
      lead: spot.lead,
      run: (start, signal) => scheduler.inline(start, signal),
      generate: (onText) => model.native.generate({ ...request, priority: Priority.inline }, onText),
      stopAt: this.#stopAt(spot, settings, shape),
    });
    const settled = flight.landing.then((landing) => {
      if (landing.result !== undefined) {
        model.speed.observe(landing.result);
        onGenerated(params, {
          ...landing.result,
          decodedTokens: neededTokens(landing, spot.lead, request, model),
        });
      }
      if (landing.kind === "landed") {
        const took = clock.now() - since;
        this.#responseMs += (this.#responseMs === 0 ? 1 : WEIGHT) * (took - this.#responseMs);
      }
      return this.#settle(spot, landing, model, request, settings);
    });
    settled.catch(() => {});
    this.#current = { flight, settled };
    return this.#current;
  }

  /** The same at the lowest priority, for a place where the cursor may soon be. What comes of it is remembered. */
  async askAhead(
    spot: Spot,
    model: LoadedModel,
    settings: RunSettings,
    isAccepted: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, scheduler } = this.#deps;
    const shape = shapeOf(spot.led, isAccepted);
    const request = this.#request(spot, model, settings, shape);
    const flight = new Flight({
      clock,
      place: placeOf(spot.uri, spot.context),
      lead: "",
      run: (start, ended) => scheduler.warm(start, AbortSignal.any([signal, ended])),
      generate: (onText) => model.native.generate({ ...request, priority: Priority.warm }, onText),
      stopAt: this.#stopAt(spot, settings, shape),
    });
    this.#settle(spot, await flight.landing, model, request, settings);
  }

  #request(spot: Spot, model: LoadedModel, settings: RunSettings, shape: Shape): Request {
    const { maxTokens, floor, without } = settings;
    const isGated = floor > 0;
    const usesMemory = model.usesMemory && !without.includes("memory");
    const prompt = this.#deps.prompts.build(spot.uri, model, spot.led, maxTokens);
    // What an earlier request said comes again where it was not sure enough to be shown.
    const [earlier] = this.#deps.suggestions.recall(spot.uri, spot.led, OPEN_GATE);
    return {
      ...(earlier?.kind === "text" && { draft: model.native.tokenizer.encode(prompt.forced + earlier.text) }),
      tokens: prompt.tokens,
      maxTokens: shape === "block" ? maxTokens * BLOCK_TOKENS : maxTokens,
      forcedPrefix: prompt.forced,
      ...(usesMemory && { ngramTexts: memoryOf(spot.led, this.#deps.others(spot.uri, spot.led)) }),
      sampling: GREEDY,
      stop: shape === "block" ? [] : ["\n"],
      stopTokens: prompt.stopTokens,
      ratedTokens: isGated ? model.ratedTokens : 0,
      floor: isGated ? (model.ratedTokens > 1 ? Math.min(TAIL_FLOOR, floor) : floor) : 0,
    };
  }

  #stopAt({ lead, led }: Spot, { without }: RunSettings, shape: Shape): (text: string) => number | undefined {
    if (without.includes("stops")) {
      return () => undefined;
    }
    return (text) => {
      const end = stopAt(text.slice(lead.length), led, shape);
      return end === undefined ? undefined : lead.length + end;
    };
  }

  #settle(spot: Spot, landing: Landing, model: LoadedModel, request: Request, settings: RunSettings): Settled {
    if (landing.kind === "cancelled") {
      return { kind: "cancelled" };
    }
    const { suggestions } = this.#deps;
    const { uri, context, lead, led } = spot;
    const isFiltered = !settings.without.includes("filters");
    // The models know LF alone; a CR ends a line, too.
    let text = landing.text.slice(lead.length).replaceAll("\r\n", "\n").replace(/\r.*$/s, "");
    const decode = (tokens: Uint32Array) => model.native.tokenizer.decode(tokens);
    const pieces = piecesOf(landing.result, request.forcedPrefix ?? "", lead.length, decode);
    const typed = lead.length;
    const end = settings.gate({ text: lead + text, pieces, typed, onScreen: 0, source: "model", context: led });
    const sure = text.slice(0, Math.max(0, end - typed));
    const refusal = (said: string) => {
      const verdict = isFiltered || said === "" ? beforeCache(said, led) : undefined;
      return verdict?.kind === "drop" ? verdict.reason : undefined;
    };
    if (isFiltered && refusal(text) !== undefined) {
      // What comes behind may be why.
      text = sure;
    }
    const why = refusal(text);
    if (why !== undefined) {
      const reason = text.trim() === "" && landing.result.reason === "unsure" ? "unsure" : why;
      if (lead === "") suggestions.addSilence(uri, context, reason);
      return { kind: "silence", reason };
    }
    suggestions.add(uri, context, lead + text, pieces);
    return { kind: "text", text: lead + text, pieces };
  }
}

/**
 * Tokens of the text, up to where it was stopped. How many more were decoded is chance: when the engine heard of it, and
 * what it had drafted.
 */
function neededTokens(landing: Landing, lead: string, { forcedPrefix = "" }: Request, model: LoadedModel): number {
  if (landing.kind === "cancelled") {
    return landing.result?.decodedTokens ?? 0;
  }
  const { tokens } = landing.result;
  if (landing.written === undefined) {
    return tokens.length;
  }
  const length = forcedPrefix.length + landing.written - lead.length;
  let count = 0;
  while (count < tokens.length && model.native.tokenizer.decode(tokens.subarray(0, count)).length < length) count++;
  return count;
}
