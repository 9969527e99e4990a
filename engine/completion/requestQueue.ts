/** Makes requests to the model, keeps the running one while it may still be wanted, and stores its outcome. */

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

/** The weight of a new response time in the running mean. */
const WEIGHT = 0.2;

export interface RequestSettings {
  /** Whether to ask only for the rest of a line, never for a block. Default false. */
  oneLine?: boolean;
  gate: Gate;
  /**
   * When only the first token is rated (its probability is computed), there is no answer if that token is less likely than
   * this. With 0 no probabilities are computed, because everything is shown.
   */
  minimumConfidence: number;
}

/** The outcome of a request. */
export type RequestAnswer =
  | { kind: "text"; text: string; pieces: readonly Piece[] }
  | { kind: "silence"; reason: SilenceReason }
  | { kind: "cancelled" };

export interface QueuedRequest {
  inFlight: InFlightRequest;
  answer: Promise<RequestAnswer>;
  /** When it was asked. */
  since: number;
}

export interface RequestQueueDependencies {
  scheduler: Scheduler;
  clock: Clock;
  /** A place in the form from which a backend builds its prompt. */
  placeOf(uri: string, context: CursorContext): PromptPlace;
  cache: CompletionCache;
  parts: CompletionParts;
  /** Texts that a completion may copy from besides its own document, the most useful first. */
  textsFor(uri: string, context: CursorContext): readonly string[];
  /** The repository's text, if there is an index of it. */
  repositoryFor(uri: string, context: CursorContext): RepositoryView | undefined;
  /** Called with what the backend has computed for a request. */
  onGenerated(params: CompleteParams, answer: CompletionAnswer): void;
}

export class RequestQueue {
  readonly #deps: RequestQueueDependencies;
  #current: QueuedRequest | undefined;
  #responseMs = 0;

  constructor(deps: RequestQueueDependencies) {
    this.#deps = deps;
  }

  /** The running request. */
  get current(): QueuedRequest | undefined {
    return this.#current?.inFlight.isOver ? undefined : this.#current;
  }

  /** Milliseconds that an answer usually takes. */
  get responseMs(): number {
    return this.#responseMs;
  }

  /** Milliseconds until the answer of a running request, if it takes as long as usual. */
  remainingMs({ since }: QueuedRequest): number {
    return this.#responseMs - (this.#deps.clock.now() - since);
  }

  cancel(): void {
    this.#current?.inFlight.cancel();
  }

  /**
   * Sends a request for a place to the backend.
   *
   * @param isAccepted whether a suggestion has just been accepted there.
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
      // A request by hand is not repeated at the next key, so it need not be kept.
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
    this.#current = { inFlight, answer, since };
    return this.#current;
  }

  /** Like {@link ask}, at the lowest priority, for a place where the cursor may soon be. The outcome goes to the cache. */
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
    // If the answer of an earlier request was too unlikely to be shown, it is likely to come again.
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
    // The text around the cursor has LF between lines, so the answer must have that, too. A CR alone would also end a
    // line, so the answer ends there.
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
    const confidentPart = text.slice(0, Math.max(0, end - typed));
    const dropReason = (candidate: string) => {
      const verdict = this.#deps.parts.judge(candidate, contextWithWidget);
      return verdict.kind === "drop" ? verdict.reason : undefined;
    };
    // If a filter drops the whole text, the part that the gate lets through is judged instead: what the filter rejects may
    // be in the unlikely end.
    if (dropReason(text) !== undefined) text = confidentPart;
    const dropped = dropReason(text);
    if (dropped !== undefined) {
      const reason = text.trim() === "" && outcome.result.reason === "unsure" ? "unsure" : dropped;
      if (widgetText === "") cache.addSilence(uri, context, reason);
      return { kind: "silence", reason };
    }
    cache.add(uri, context, widgetText + text, pieces);
    return { kind: "text", text: widgetText + text, pieces };
  }
}

/**
 * The number of tokens of the text up to where it was stopped. How many more were decoded depends on timing and drafts.
 */
function neededTokens(outcome: RequestOutcome, widgetText: string): number {
  if (outcome.kind === "cancelled") return outcome.result?.decodedTokens ?? 0;
  const { pieces, healedTokens } = outcome.result;
  const length = (outcome.written ?? Number.POSITIVE_INFINITY) - widgetText.length;
  const last = pieces.findIndex(({ end }) => end >= length);
  return healedTokens + (last === -1 ? pieces.length : last + 1);
}
