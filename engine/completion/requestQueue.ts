/**
 * Requests to the model: makes them, keeps the one that is on its way while it may still be wanted, and remembers what
 * came of it.
 */

import type { Backend, CompletionAnswer, CompletionRequest, Piece, PromptPlace } from "../backend/backend.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { RepositoryView } from "../native.ts";
import type { CompleteParams, SilenceReason } from "../protocol/completion.ts";
import type { CursorContext } from "../text/cursor.ts";
import type { CompletionCache } from "./completionCache.ts";
import { type CompletionSite, siteKeyOf } from "./completionSite.ts";
import type { Gate } from "./gate/gate.ts";
import { InFlightRequest, type RequestOutcome } from "./inFlightRequest.ts";
import { type Shape, shapeOf } from "./lineOrBlock.ts";
import { ngramTextsFor } from "./ngramTexts.ts";
import type { CompletionParts } from "./parts.ts";

/** Weight of a new response time. */
const WEIGHT = 0.2;

export interface RequestSettings {
  /** Ask for the rest of a line, and for no block. Default false. */
  oneLine?: boolean;
  gate: Gate;
  /**
   * Where only the first token is rated, the model says nothing at all below this probability of it; 0 where everything
   * is shown.
   */
  minimumConfidence: number;
}

/** What became of a request. */
export type RequestAnswer =
  | { kind: "text"; text: string; pieces: readonly Piece[] }
  | { kind: "silence"; reason: SilenceReason }
  | { kind: "cancelled" };

export interface QueuedRequest {
  inFlight: InFlightRequest;
  answer: Promise<RequestAnswer>;
}

export interface RequestQueueDependencies {
  scheduler: Scheduler;
  clock: Clock;
  /** A place as a backend builds its prompt of it. */
  placeOf(uri: string, context: CursorContext): PromptPlace;
  cache: CompletionCache;
  parts: CompletionParts;
  /** Texts that a completion may copy from, besides its own document; the most useful first. */
  textsFor(uri: string, context: CursorContext): readonly string[];
  /** The repository's text, where there is an index of it. */
  repositoryFor(uri: string, context: CursorContext): RepositoryView | undefined;
  /** Told what the backend has computed for a request. */
  onGenerated(params: CompleteParams, answer: CompletionAnswer): void;
}

export class RequestQueue {
  readonly #deps: RequestQueueDependencies;
  #current: QueuedRequest | undefined;
  #responseMs = 0;

  constructor(deps: RequestQueueDependencies) {
    this.#deps = deps;
  }

  /** The request that is on its way. */
  get current(): QueuedRequest | undefined {
    return this.#current?.inFlight.isOver ? undefined : this.#current;
  }

  /** Milliseconds that an answer usually takes. */
  get responseMs(): number {
    return this.#responseMs;
  }

  cancel(): void {
    this.#current?.inFlight.cancel();
  }

  /**
   * Sends a place to the backend.
   *
   * @param isAccepted a suggestion has just been accepted there.
   */
  ask(
    params: CompleteParams,
    site: CompletionSite,
    backend: Backend,
    settings: RequestSettings,
    isAccepted: boolean,
  ): QueuedRequest {
    const { clock, scheduler, onGenerated } = this.#deps;
    const shape = settings.oneLine === true ? "line" : shapeOf(site.contextWithWidget, isAccepted);
    const generate = backend.complete(this.#request(site, backend, settings, shape, false));
    const since = clock.now();
    const inFlight = new InFlightRequest({
      clock,
      key: siteKeyOf(site.uri, site.context),
      // What was asked for by hand is not asked for again at the next key.
      ...(params.trigger === "manual" && { lingerMs: 0 }),
      widgetText: site.widgetText,
      run: (start, signal) => scheduler.inline(start, signal),
      generate,
      stopAt: this.#stopAt(site, shape),
    });
    const answer = inFlight.outcome.then((outcome) => {
      if (outcome.result !== undefined) {
        onGenerated(params, { ...outcome.result, decodedTokens: neededTokens(outcome, site.widgetText) });
      }
      if (outcome.kind === "finished") {
        const took = clock.now() - since;
        this.#responseMs += (this.#responseMs === 0 ? 1 : WEIGHT) * (took - this.#responseMs);
      }
      return this.#finish(site, outcome, settings);
    });
    answer.catch(() => {});
    this.#current = { inFlight, answer };
    return this.#current;
  }

  /** The same at the lowest priority, for a place where the cursor may soon be. What comes of it is remembered. */
  async askAhead(
    site: CompletionSite,
    backend: Backend,
    settings: RequestSettings,
    isAccepted: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, scheduler } = this.#deps;
    const shape = settings.oneLine === true ? "line" : shapeOf(site.contextWithWidget, isAccepted);
    const generate = backend.complete(this.#request(site, backend, settings, shape, true));
    const inFlight = new InFlightRequest({
      clock,
      key: siteKeyOf(site.uri, site.context),
      widgetText: "",
      run: (start, ended) => scheduler.warm(start, AbortSignal.any([signal, ended])),
      generate,
      stopAt: this.#stopAt(site, shape),
    });
    this.#finish(site, await inFlight.outcome, settings);
  }

  #request(
    { uri, contextWithWidget }: CompletionSite,
    backend: Backend,
    { minimumConfidence }: RequestSettings,
    shape: Shape,
    isAhead: boolean,
  ): CompletionRequest {
    const { parts, cache, placeOf, textsFor, repositoryFor } = this.#deps;
    const usesNgramCache = parts.usesNgramCache(backend);
    const repository = usesNgramCache ? repositoryFor(uri, contextWithWidget) : undefined;
    // What an earlier request said comes again where it was not sure enough to be shown.
    const [earlier] = cache.lookUp(uri, contextWithWidget);
    return {
      ...placeOf(uri, contextWithWidget),
      ...(earlier?.kind === "text" && { expected: earlier.entry.text.slice(earlier.typed) }),
      ...(usesNgramCache && {
        ngramTexts: () => ngramTextsFor(contextWithWidget, textsFor(uri, contextWithWidget)),
      }),
      ...(repository && { repository }),
      shape,
      minimumConfidence,
      isAhead,
    };
  }

  #stopAt({ widgetText, contextWithWidget }: CompletionSite, shape: Shape): (text: string) => number | undefined {
    return (text) => {
      const end = this.#deps.parts.stopAt(text.slice(widgetText.length), contextWithWidget, shape);
      return end === undefined ? undefined : widgetText.length + end;
    };
  }

  #finish(site: CompletionSite, outcome: RequestOutcome, settings: RequestSettings): RequestAnswer {
    if (outcome.kind === "cancelled") {
      return { kind: "cancelled" };
    }
    const { cache } = this.#deps;
    const { uri, context, widgetText, contextWithWidget } = site;
    // The models know LF alone; a CR ends a line, too.
    let text = outcome.text.slice(widgetText.length).replaceAll("\r\n", "\n").replace(/\r.*$/s, "");
    const typed = widgetText.length;
    const pieces = outcome.result.pieces.map(({ end, probability }) => ({ end: typed + end, probability }));
    const end = settings.gate({
      text: widgetText + text,
      pieces,
      typed,
      onScreen: 0,
      source: "model",
      context: contextWithWidget,
    });
    const sure = text.slice(0, Math.max(0, end - typed));
    const refusal = (said: string) => {
      const verdict = this.#deps.parts.judge(said, contextWithWidget);
      return verdict.kind === "drop" ? verdict.reason : undefined;
    };
    // What is too unlikely to be shown may be the reason.
    if (refusal(text) !== undefined) text = sure;
    const why = refusal(text);
    if (why !== undefined) {
      const reason = text.trim() === "" && outcome.result.reason === "unsure" ? "unsure" : why;
      if (widgetText === "") cache.addSilence(uri, context, reason);
      return { kind: "silence", reason };
    }
    cache.add(uri, context, widgetText + text, pieces);
    return { kind: "text", text: widgetText + text, pieces };
  }
}

/**
 * Tokens of the text, up to where it was stopped. How many more were decoded is chance: when the engine heard of it, and
 * what it had drafted.
 */
function neededTokens(outcome: RequestOutcome, widgetText: string): number {
  if (outcome.kind === "cancelled") return outcome.result?.decodedTokens ?? 0;
  const { pieces, healedTokens } = outcome.result;
  const length = (outcome.written ?? Number.POSITIVE_INFINITY) - widgetText.length;
  const last = pieces.findIndex(({ end }) => end >= length);
  return healedTokens + (last === -1 ? pieces.length : last + 1);
}
