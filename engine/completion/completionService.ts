/**
 * One keystroke's way from the cursor to a suggestion, or to a named reason for silence: what is remembered, else what
 * is on its way, else the model, when the typing pauses.
 */

import type { LoadedModel } from "../backend/loadedModel.ts";
import type { Scheduler } from "../backend/scheduler.ts";
import type { Clock } from "../clock.ts";
import type { GenerateResult } from "../native.ts";
import type {
  Acceptance,
  AnswerSource,
  CompleteParams,
  CompleteResult,
  SilenceReason,
} from "../protocol/completion.ts";
import type { CursorPlace, Definitions, DocumentChange } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import type { CursorContext } from "../text/cursor.ts";
import { CompletionCache, type Source } from "./completionCache.ts";
import { accepted, type CompletionSite, contextAt, siteAt, siteKeyOf } from "./completionSite.ts";
import { copyFor } from "./copies.ts";
import { debounceDelay, MODE_PRESETS, type Mode } from "./debounce.ts";
import { DocumentPrompts } from "./documentPrompts.ts";
import { afterEnter } from "./enter.ts";
import { afterCache, beforeCache } from "./filters/index.ts";
import { confidenceGate, type Gate, OPEN_GATE } from "./gate/gate.ts";
import { type Part, type QueuedRequest, RequestQueue, type RequestSettings } from "./requestQueue.ts";
import { Stopwatch } from "./stopwatch.ts";
import { TypingSpeed } from "./typingSpeed.ts";
import { Warmer } from "./warming.ts";
import { WorkContext } from "./workContext.ts";

/**
 * What follows a suggestion is computed when the fingers have rested for twice the time that it takes, and no longer than
 * this: most of it is thrown away, but a fast model's is there at the next key.
 */
const LONGEST_REST_MS = 250;
const SHORTEST_REST_MS = 15;
/** The same after a move of the cursor: an arrow key that is held down goes through many places. */
const ARRIVED_MS = 30;
/** A copy shorter than this is not worth looking at. */
const SHORTEST_COPY = 2;
/** A keystroke that agrees with a request keeps it until its own request comes, for which the editor takes 50 ms. */
const CLAIM_MS = 400;

export interface CompletionSettings {
  maxTokens: number;
  /** Null: by the rhythm of typing. */
  debounceMs: number | null;
  /** Default "eager". */
  mode?: Mode;
  /** Default true. */
  onBattery?: boolean;
  /** Compute prompts, and what follows a suggestion, ahead of need. Default true. */
  warming?: boolean;
  /** What a replay leaves out. */
  without?: readonly Part[];
}

export interface CompletionDependencies {
  documents: Documents;
  scheduler: Scheduler;
  clock: Clock;
  /** The loaded model, or the line that says why there is none. */
  model(): LoadedModel | string;
  settings(): CompletionSettings;
  /** Whether the machine runs on battery. Default false. */
  onBattery?(): boolean;
  /** How much of an answer is shown of those that come unasked; default by the mode. */
  gate?: Gate;
  /** Told of suggestions that were accepted, whole or in part. */
  onAccepted?(acceptance: Acceptance): void;
  /** Told what the model has computed for a request, whether or not its answer is shown. */
  onGenerated?(params: CompleteParams, result: GenerateResult): void;
}

/** One request of the editor. */
interface Asked {
  params: CompleteParams;
  signal: AbortSignal;
  watch: Stopwatch;
}

export class CompletionService {
  readonly #deps: CompletionDependencies;
  readonly #work: WorkContext;
  readonly #prompts: DocumentPrompts;
  readonly #warmer: Warmer;
  readonly #cache = new CompletionCache();
  readonly #typingSpeed = new TypingSpeed();
  readonly #requests: RequestQueue;
  /** The model that the suggestions are of. */
  #model: LoadedModel | undefined;

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
    this.#work = new WorkContext(deps.documents);
    const near = (uri: string, context: CursorContext) =>
      deps.settings().without?.includes("context") ? [] : this.#work.near(uri, context);
    this.#prompts = new DocumentPrompts(near);
    this.#warmer = new Warmer(deps.scheduler, deps.clock);
    this.#requests = new RequestQueue({
      scheduler: deps.scheduler,
      clock: deps.clock,
      prompts: this.#prompts,
      cache: this.#cache,
      others: (uri, context) => this.#others(uri, context),
      onGenerated: (params, result) => deps.onGenerated?.(params, result),
    });
  }

  /** Tokens computed ahead of need so far. */
  get warmedTokens(): number {
    return this.#warmer.tokens;
  }

  /** Forgets what is kept of a document. */
  forget(uri: string): void {
    this.#prompts.forget(uri);
    this.#cache.forget(uri);
    this.#warmer.cancel(uri);
    if (this.#requests.current?.inFlight.key.uri === uri) this.#requests.cancel();
  }

  /** No document is shown any more. */
  left(): void {
    this.#warmer.cancel();
    this.#cache.hide();
    this.#requests.cancel();
  }

  /** The user does not want the suggestion on the screen. */
  dismissed(uri: string): void {
    this.#cache.dismiss(uri);
    this.#warmer.cancel(uri);
    this.#requests.cancel();
  }

  /** The document was saved. */
  saved(uri: string): void {
    this.#work.settle(uri);
  }

  /** Definitions were found of what a document imports. */
  defined(definitions: Definitions): void {
    this.#work.defined(definitions);
  }

  /** A document is shown, or the cursor is elsewhere in it: typing is likely to go on there. */
  moved(place: CursorPlace): void {
    const model = this.#deps.model();
    const context = contextAt(this.#deps.documents, place);
    this.#work.visited(place);
    this.#cache.hide();
    if (typeof context === "string") {
      return;
    }
    if (this.#requests.current?.inFlight.typedAt(siteKeyOf(place.uri, context)) === undefined) this.#requests.cancel();
    const { maxTokens, warming = true } = this.#deps.settings();
    if (typeof model === "string" || !warming) {
      return;
    }
    const build = () => this.#prompts.build(place.uri, model, context, maxTokens).tokens;
    this.#warmer.warm(place.uri, model, ARRIVED_MS, build);
  }

  /** A change of a document, after the mirror has taken it in. */
  edited(change: DocumentChange): void {
    this.#typingSpeed.recordKey(this.#deps.clock.now());
    this.#work.edited(change);
    const { uri, version, changes } = change;
    const at = (offset: number) => {
      const context = contextAt(this.#deps.documents, { uri, version, offset });
      return typeof context === "string" ? undefined : context;
    };
    const edit = this.#cache.edited(change, at);
    const [{ offset, text } = { offset: 0, text: "" }] = changes;
    if (edit.kind === "accepted") this.#deps.onAccepted?.({ uri, offset, text: edit.text });
    const inFlight = this.#requests.current?.inFlight;
    if (inFlight?.key.uri !== uri) {
      return;
    }
    // A request whose text may still become true waits for the request of this keystroke. Between brackets that have
    // closed by themselves the cursor stands behind the first character.
    const mayBeTrue = [offset + text.length, offset + 1].some((cursor) => {
      const context = at(cursor);
      const typed = context && inFlight.typedAt(siteKeyOf(uri, context));
      return typed !== undefined && inFlight.agreesWith(typed);
    });
    if (mayBeTrue) inFlight.keepFor(CLAIM_MS);
    else inFlight.cancel();
  }

  /** Never rejects: what goes wrong is a silence with the reason "failed". */
  async complete(params: CompleteParams, signal: AbortSignal): Promise<CompleteResult> {
    const asked: Asked = { params, signal, watch: new Stopwatch(this.#deps.clock) };
    let result: CompleteResult;
    try {
      result = await this.#answer(asked);
    } catch (error) {
      result = silent(asked, "failed", error instanceof Error ? error.message : String(error));
    }
    if (result.kind === "silent" && result.reason !== "cancelled") {
      this.#cache.hide();
      this.#prepareEnter(params);
    }
    return result;
  }

  async #answer(asked: Asked): Promise<CompleteResult> {
    const { documents, clock, model: loaded, onBattery } = this.#deps;
    const { params, signal, watch } = asked;
    const settings = this.#deps.settings();
    const isSubtle = settings.mode === "subtle";
    this.#forgetOtherModel(loaded());
    const early = siteAt(documents, params);
    if (typeof early === "string") {
      return silent(asked, early);
    }
    if (params.trigger === "manual") {
      // What is sure enough to come unasked is the better answer here, too, and may stand on the screen already.
      const copied = this.#copied({ ...asked, params: { ...params, trigger: "automatic" } }, early);
      if (copied !== undefined) {
        return copied;
      }
    } else {
      if (settings.onBattery === false && onBattery?.()) {
        return silent(asked, "on-battery");
      }
      const current = this.#requests.current;
      const known = this.#cached(asked, early) ?? (current && (await this.#await(asked, early, current, "in-flight")));
      // Where the model is not sure, a copy may be.
      const isOpen = known === undefined || (known.kind === "silent" && known.reason === "unsure");
      const answer = (isOpen && !isSubtle ? this.#copied(asked, early) : undefined) ?? known;
      if (answer !== undefined) {
        return answer;
      }
    }
    const wait = debounceDelay({
      trigger: params.trigger,
      configuredMs: settings.debounceMs,
      mode: settings.mode ?? "eager",
      typicalMs: this.#typingSpeed.typicalMs,
      responseMs: this.#requests.responseMs,
      last: early.contextWithWidget.prefix.slice(-1),
    });
    const waited = await clock.wait(wait - watch.elapsedMs, signal);
    watch.debounced();
    if (!waited || signal.aborted) {
      return silent(asked, "cancelled");
    }
    // The text may have changed during the wait.
    const site = siteAt(documents, params);
    if (typeof site === "string") {
      return silent(asked, site);
    }
    const copied = isSubtle && params.trigger === "automatic" ? this.#copied(asked, site) : undefined;
    if (copied !== undefined) {
      return copied;
    }
    const model = loaded();
    if (typeof model === "string") {
      return silent(asked, "not-ready", model);
    }
    this.#forgetOtherModel(model);
    const isAccepted = this.#cache.isAcceptedAt(site.uri, site.context);
    const running = this.#requests.ask(params, site, model, this.#requestSettings(params.trigger), isAccepted);
    return (await this.#await(asked, site, running, "model")) ?? silent(asked, "cancelled");
  }

  /** Another model says other things. */
  #forgetOtherModel(model: LoadedModel | string): void {
    if (typeof model !== "string" && this.#model !== model) {
      this.#cache.clear();
      this.#model = model;
    }
  }

  #requestSettings(trigger: CompleteParams["trigger"]): RequestSettings {
    const { maxTokens, mode = "eager", without = [] } = this.#deps.settings();
    // Who asks by hand wants to see what there is.
    const isGated = trigger === "automatic" && !without.includes("gate");
    const { minimumConfidence, minimumCopyConfidence, minimumNgramConfidence, minimumWholeConfidence } =
      MODE_PRESETS[mode];
    if (!isGated) {
      return { maxTokens, without, gate: OPEN_GATE, minimumConfidence: 0, copyGate: OPEN_GATE };
    }
    const own = this.#usesNgramCache()
      ? { part: minimumNgramConfidence, whole: minimumWholeConfidence }
      : { part: minimumConfidence, whole: minimumConfidence };
    const copy = confidenceGate({ part: minimumCopyConfidence, whole: minimumCopyConfidence });
    return {
      maxTokens,
      without,
      gate: this.#deps.gate ?? confidenceGate(own),
      minimumConfidence: own.part,
      copyGate: copy,
    };
  }

  /** An answer out of what is remembered. */
  #cached(asked: Asked, site: CompletionSite): CompleteResult | undefined {
    const { gate } = this.#requestSettings(asked.params.trigger);
    for (const hit of this.#cache.lookUp(site.uri, site.contextWithWidget, gate)) {
      if (hit.kind === "silence") {
        return silent(asked, hit.reason);
      }
      const name = hit.isOnScreen ? "typed-through" : "cache";
      const result = this.#present(asked, site, hit.text, name, hit.source);
      if (result.kind === "shown") {
        // The keystroke has ended what was being computed of it.
        this.#prepare(site.uri, accepted(site.contextWithWidget, hit.text, result.replaceLength), true);
        return result;
      }
    }
    return undefined;
  }

  /** What stands elsewhere behind the same text, where that is likely enough to come here, too. */
  #copied(asked: Asked, site: CompletionSite): CompleteResult | undefined {
    const { uri, context, widgetText, contextWithWidget } = site;
    if (this.#deps.settings().without?.includes("copies") || this.#usesNgramCache()) {
      return undefined;
    }
    const copy = copyFor(contextWithWidget, this.#others(uri, contextWithWidget));
    if (copy === undefined) {
      return undefined;
    }
    const { copyGate } = this.#requestSettings(asked.params.trigger);
    const end = copyGate({ ...copy, typed: 0, onScreen: 0, source: "copy", context: contextWithWidget });
    const text = copy.text.slice(0, end);
    const isWorth = text.trim().length >= SHORTEST_COPY && beforeCache(text, contextWithWidget).kind === "keep";
    if (!isWorth || this.#cache.isRefused(uri, contextWithWidget, text)) {
      return undefined;
    }
    // No more is remembered than is shown: behind what was typed, a new look finds more than one that was taken before.
    const pieces = copy.pieces.map(({ end, probability }) => ({ end: widgetText.length + end, probability }));
    this.#cache.add(uri, context, widgetText + text, pieces);
    const result = this.#present(asked, site, text, "copy", this.#cache.sourceOf(uri, context, widgetText + text));
    if (result.kind === "silent") {
      return undefined;
    }
    this.#prepare(uri, accepted(contextWithWidget, text, result.replaceLength), true);
    return result;
  }

  /** Whether the model copies by itself, and better: it weighs what stands elsewhere against what it expects. */
  #usesNgramCache(): boolean {
    const model = this.#deps.model();
    return typeof model !== "string" && model.usesNgramCache && !this.#deps.settings().without?.includes("ngrams");
  }

  /** Texts that may be copied from, besides the document itself; the most useful first. */
  #others(uri: string, context: CursorContext): string[] {
    return [
      ...this.#deps.documents.others(uri, context.languageId),
      ...this.#work.near(uri, context).map(({ text }) => text),
    ];
  }

  /** What a request comes to for a place; undefined when it turns out to widgetText elsewhere. */
  async #await(
    asked: Asked,
    site: CompletionSite,
    { inFlight, answer }: QueuedRequest,
    name: AnswerSource,
  ): Promise<CompleteResult | undefined> {
    const typed = inFlight.typedAt(siteKeyOf(site.uri, site.contextWithWidget));
    if (typed === undefined) {
      inFlight.cancel();
      return undefined;
    }
    const outcome = await inFlight.subscribe(typed, asked.signal);
    if (asked.signal.aborted) {
      return silent(asked, "cancelled");
    }
    if (outcome?.result !== undefined) asked.watch.generated(outcome.result);
    const end = outcome === undefined ? undefined : await answer;
    if (end?.kind === "silence") {
      return typed === site.widgetText ? silent(asked, end.reason) : undefined;
    }
    if (end?.kind !== "text" || !end.text.startsWith(typed) || end.text.length === typed.length) {
      return undefined;
    }
    const { gate } = this.#requestSettings(asked.params.trigger);
    const candidate = {
      ...end,
      typed: typed.length,
      onScreen: 0,
      source: "model",
      context: site.contextWithWidget,
    } as const;
    const text = end.text.slice(typed.length, gate(candidate));
    if (text.trim() === "") {
      return silent(asked, "unsure");
    }
    if (asked.params.trigger === "automatic" && this.#cache.isRefused(site.uri, site.contextWithWidget, text)) {
      return silent(asked, "refused");
    }
    const result = this.#present(asked, site, text, name, this.#cache.sourceOf(site.uri, site.contextWithWidget, text));
    if (result.kind === "shown")
      this.#prepare(site.uri, accepted(site.contextWithWidget, text, result.replaceLength), true);
    return result;
  }

  /** Fits a text to the place. */
  #present(
    asked: Asked,
    site: CompletionSite,
    raw: string,
    name: AnswerSource,
    source: Source | undefined,
  ): CompleteResult {
    const { params, watch } = asked;
    const { uri, context, widgetText, contextWithWidget } = site;
    const isFiltered = this.#deps.settings().without?.includes("filters") !== true;
    const verdict = isFiltered ? afterCache(raw, contextWithWidget) : undefined;
    if (verdict?.kind === "drop") {
      return silent(asked, verdict.reason);
    }
    const { text, replaceLength } = verdict?.suggestion ?? { text: raw, replaceLength: 0 };
    this.#cache.show(uri, context, params.offset, widgetText + text, source);
    return { kind: "shown", source: name, text: widgetText + text, replaceLength, timings: watch.timings() };
  }

  /** Where there is nothing to suggest, the next thing may be Enter. */
  #prepareEnter(params: CompleteParams): void {
    const site = siteAt(this.#deps.documents, params);
    const next = typeof site === "string" ? undefined : afterEnter(site.context);
    if (next !== undefined && this.#cache.lookUp(params.uri, next, OPEN_GATE).length === 0) {
      this.#prepare(params.uri, next, false);
    }
  }

  /** Computes, once the fingers rest, what is to be suggested at a place where the cursor may soon be. */
  #prepare(uri: string, context: CursorContext, isAccepted: boolean): void {
    const { maxTokens, warming = true } = this.#deps.settings();
    const model = this.#model;
    if (!warming || model === undefined) {
      return;
    }
    const rest = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, 2 * this.#requests.responseMs));
    const build = () => this.#prompts.build(uri, model, context, maxTokens).tokens;
    const site: CompletionSite = { uri, context, widgetText: "", contextWithWidget: context };
    this.#warmer.warm(uri, model, rest, build, (signal) =>
      this.#requests.askAhead(site, model, this.#requestSettings("automatic"), isAccepted, signal),
    );
  }
}

function silent({ watch }: Asked, reason: SilenceReason, detail?: string): CompleteResult {
  return { kind: "silent", reason, ...(detail === undefined ? {} : { detail }), timings: watch.timings() };
}
