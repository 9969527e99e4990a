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
import { type Source, Suggestions } from "./completionCache.ts";
import { accepted, contextAt, placeOf, type Spot, spotOf } from "./completionSite.ts";
import { copyFor } from "./copies.ts";
import { MANNERS, type Mode, waitBeforeAsking } from "./debounce.ts";
import { Prompts } from "./documentPrompts.ts";
import { afterEnter } from "./enter.ts";
import { afterCache, beforeCache } from "./filters/index.ts";
import { floorGate, type Gate, OPEN_GATE } from "./gate.ts";
import { type Part, type Running, type RunSettings, Runs } from "./requestQueue.ts";
import { Stopwatch } from "./stopwatch.ts";
import { Rhythm } from "./typingSpeed.ts";
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
  readonly #prompts: Prompts;
  readonly #warmer: Warmer;
  readonly #suggestions = new Suggestions();
  readonly #rhythm = new Rhythm();
  readonly #runs: Runs;
  /** The model that the suggestions are of. */
  #model: LoadedModel | undefined;

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
    this.#work = new WorkContext(deps.documents);
    const near = (uri: string, context: CursorContext) =>
      deps.settings().without?.includes("context") ? [] : this.#work.near(uri, context);
    this.#prompts = new Prompts(near);
    this.#warmer = new Warmer(deps.scheduler, deps.clock);
    this.#runs = new Runs({
      scheduler: deps.scheduler,
      clock: deps.clock,
      prompts: this.#prompts,
      suggestions: this.#suggestions,
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
    this.#suggestions.forget(uri);
    this.#warmer.cancel(uri);
    if (this.#runs.current?.flight.place.uri === uri) this.#runs.cancel();
  }

  /** No document is shown any more. */
  left(): void {
    this.#warmer.cancel();
    this.#suggestions.hide();
    this.#runs.cancel();
  }

  /** The user does not want the suggestion on the screen. */
  dismissed(uri: string): void {
    this.#suggestions.dismiss(uri);
    this.#warmer.cancel(uri);
    this.#runs.cancel();
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
    this.#suggestions.hide();
    if (typeof context === "string") {
      return;
    }
    if (this.#runs.current?.flight.typedAt(placeOf(place.uri, context)) === undefined) this.#runs.cancel();
    const { maxTokens, warming = true } = this.#deps.settings();
    if (typeof model === "string" || !warming) {
      return;
    }
    const build = () => this.#prompts.build(place.uri, model, context, maxTokens).tokens;
    this.#warmer.warm(place.uri, model, ARRIVED_MS, build);
  }

  /** A change of a document, after the mirror has taken it in. */
  edited(change: DocumentChange): void {
    this.#rhythm.key(this.#deps.clock.now());
    this.#work.edited(change);
    const { uri, version, changes } = change;
    const at = (offset: number) => {
      const context = contextAt(this.#deps.documents, { uri, version, offset });
      return typeof context === "string" ? undefined : context;
    };
    const edit = this.#suggestions.edited(change, at);
    const [{ offset, text } = { offset: 0, text: "" }] = changes;
    if (edit.kind === "accepted") this.#deps.onAccepted?.({ uri, offset, text: edit.text });
    const flight = this.#runs.current?.flight;
    if (flight?.place.uri !== uri) {
      return;
    }
    // A request whose text may still become true waits for the request of this keystroke. Between brackets that have
    // closed by themselves the cursor stands behind the first character.
    const mayBeTrue = [offset + text.length, offset + 1].some((cursor) => {
      const context = at(cursor);
      const typed = context && flight.typedAt(placeOf(uri, context));
      return typed !== undefined && flight.agreesWith(typed);
    });
    if (mayBeTrue) flight.keepFor(CLAIM_MS);
    else flight.cancel();
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
      this.#suggestions.hide();
      this.#prepareEnter(params);
    }
    return result;
  }

  async #answer(asked: Asked): Promise<CompleteResult> {
    const { documents, clock, model: loaded, onBattery } = this.#deps;
    const { params, signal, watch } = asked;
    const settings = this.#deps.settings();
    const isSubtle = settings.mode === "subtle";
    this.#heed(loaded());
    const early = spotOf(documents, params);
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
      const current = this.#runs.current;
      const known =
        this.#recalled(asked, early) ?? (current && (await this.#follow(asked, early, current, "in-flight")));
      // Where the model is not sure, a copy may be.
      const isOpen = known === undefined || (known.kind === "silent" && known.reason === "unsure");
      const answer = (isOpen && !isSubtle ? this.#copied(asked, early) : undefined) ?? known;
      if (answer !== undefined) {
        return answer;
      }
    }
    const wait = waitBeforeAsking({
      trigger: params.trigger,
      configuredMs: settings.debounceMs,
      mode: settings.mode ?? "eager",
      typicalMs: this.#rhythm.typicalMs,
      responseMs: this.#runs.responseMs,
      last: early.led.prefix.slice(-1),
    });
    const waited = await clock.wait(wait - watch.elapsedMs, signal);
    watch.debounced();
    if (!waited || signal.aborted) {
      return silent(asked, "cancelled");
    }
    // The text may have changed during the wait.
    const spot = spotOf(documents, params);
    if (typeof spot === "string") {
      return silent(asked, spot);
    }
    const copied = isSubtle && params.trigger === "automatic" ? this.#copied(asked, spot) : undefined;
    if (copied !== undefined) {
      return copied;
    }
    const model = loaded();
    if (typeof model === "string") {
      return silent(asked, "not-ready", model);
    }
    this.#heed(model);
    const isAccepted = this.#suggestions.isAcceptedAt(spot.uri, spot.context);
    const running = this.#runs.ask(params, spot, model, this.#runSettings(params.trigger), isAccepted);
    return (await this.#follow(asked, spot, running, "model")) ?? silent(asked, "cancelled");
  }

  /** Another model says other things. */
  #heed(model: LoadedModel | string): void {
    if (typeof model !== "string" && this.#model !== model) {
      this.#suggestions.clear();
      this.#model = model;
    }
  }

  #runSettings(trigger: CompleteParams["trigger"]): RunSettings {
    const { maxTokens, mode = "eager", without = [] } = this.#deps.settings();
    // Who asks by hand wants to see what there is.
    const isGated = trigger === "automatic" && !without.includes("gate");
    const { floor, copyFloor, memoryFloor, memoryWhole } = MANNERS[mode];
    if (!isGated) {
      return { maxTokens, without, gate: OPEN_GATE, floor: 0, copyGate: OPEN_GATE };
    }
    const own = this.#usesMemory() ? { part: memoryFloor, whole: memoryWhole } : { part: floor, whole: floor };
    const copy = floorGate({ part: copyFloor, whole: copyFloor });
    return { maxTokens, without, gate: this.#deps.gate ?? floorGate(own), floor: own.part, copyGate: copy };
  }

  /** An answer out of what is remembered. */
  #recalled(asked: Asked, spot: Spot): CompleteResult | undefined {
    const { gate } = this.#runSettings(asked.params.trigger);
    for (const recalled of this.#suggestions.recall(spot.uri, spot.led, gate)) {
      if (recalled.kind === "silence") {
        return silent(asked, recalled.reason);
      }
      const name = recalled.isOnScreen ? "typed-through" : "cache";
      const result = this.#shown(asked, spot, recalled.text, name, recalled.source);
      if (result.kind === "shown") {
        // The keystroke has ended what was being computed of it.
        this.#prepare(spot.uri, accepted(spot.led, recalled.text, result.replaceLength), true);
        return result;
      }
    }
    return undefined;
  }

  /** What stands elsewhere behind the same text, where that is likely enough to come here, too. */
  #copied(asked: Asked, spot: Spot): CompleteResult | undefined {
    const { uri, context, lead, led } = spot;
    if (this.#deps.settings().without?.includes("copies") || this.#usesMemory()) {
      return undefined;
    }
    const copy = copyFor(led, this.#others(uri, led));
    if (copy === undefined) {
      return undefined;
    }
    const { copyGate } = this.#runSettings(asked.params.trigger);
    const end = copyGate({ ...copy, typed: 0, onScreen: 0, source: "copy", context: led });
    const text = copy.text.slice(0, end);
    const isWorth = text.trim().length >= SHORTEST_COPY && beforeCache(text, led).kind === "keep";
    if (!isWorth || this.#suggestions.isRefused(uri, led, text)) {
      return undefined;
    }
    // No more is remembered than is shown: behind what was typed, a new look finds more than one that was taken before.
    const pieces = copy.pieces.map(({ end, probability }) => ({ end: lead.length + end, probability }));
    this.#suggestions.add(uri, context, lead + text, pieces);
    const result = this.#shown(asked, spot, text, "copy", this.#suggestions.sourceOf(uri, context, lead + text));
    if (result.kind === "silent") {
      return undefined;
    }
    this.#prepare(uri, accepted(led, text, result.replaceLength), true);
    return result;
  }

  /** Whether the model copies by itself, and better: it weighs what stands elsewhere against what it expects. */
  #usesMemory(): boolean {
    const model = this.#deps.model();
    return typeof model !== "string" && model.usesMemory && !this.#deps.settings().without?.includes("memory");
  }

  /** Texts that may be copied from, besides the document itself; the most useful first. */
  #others(uri: string, context: CursorContext): string[] {
    return [
      ...this.#deps.documents.others(uri, context.languageId),
      ...this.#work.near(uri, context).map(({ text }) => text),
    ];
  }

  /** What a request comes to for a place; undefined when it turns out to lead elsewhere. */
  async #follow(
    asked: Asked,
    spot: Spot,
    { flight, settled }: Running,
    name: AnswerSource,
  ): Promise<CompleteResult | undefined> {
    const typed = flight.typedAt(placeOf(spot.uri, spot.led));
    if (typed === undefined) {
      flight.cancel();
      return undefined;
    }
    const landing = await flight.follow(typed, asked.signal);
    if (asked.signal.aborted) {
      return silent(asked, "cancelled");
    }
    if (landing?.result !== undefined) asked.watch.generated(landing.result);
    const end = landing === undefined ? undefined : await settled;
    if (end?.kind === "silence") {
      return typed === spot.lead ? silent(asked, end.reason) : undefined;
    }
    if (end?.kind !== "text" || !end.text.startsWith(typed) || end.text.length === typed.length) {
      return undefined;
    }
    const { gate } = this.#runSettings(asked.params.trigger);
    const candidate = { ...end, typed: typed.length, onScreen: 0, source: "model", context: spot.led } as const;
    const text = end.text.slice(typed.length, gate(candidate));
    if (text.trim() === "") {
      return silent(asked, "unsure");
    }
    if (asked.params.trigger === "automatic" && this.#suggestions.isRefused(spot.uri, spot.led, text)) {
      return silent(asked, "refused");
    }
    const result = this.#shown(asked, spot, text, name, this.#suggestions.sourceOf(spot.uri, spot.led, text));
    if (result.kind === "shown") this.#prepare(spot.uri, accepted(spot.led, text, result.replaceLength), true);
    return result;
  }

  /** Fits a text to the place. */
  #shown(asked: Asked, spot: Spot, raw: string, name: AnswerSource, source: Source | undefined): CompleteResult {
    const { params, watch } = asked;
    const { uri, context, lead, led } = spot;
    const isFiltered = this.#deps.settings().without?.includes("filters") !== true;
    const verdict = isFiltered ? afterCache(raw, led) : undefined;
    if (verdict?.kind === "drop") {
      return silent(asked, verdict.reason);
    }
    const { text, replaceLength } = verdict?.suggestion ?? { text: raw, replaceLength: 0 };
    this.#suggestions.show(uri, context, params.offset, lead + text, source);
    return { kind: "shown", source: name, text: lead + text, replaceLength, timings: watch.timings() };
  }

  /** Where there is nothing to suggest, the next thing may be Enter. */
  #prepareEnter(params: CompleteParams): void {
    const spot = spotOf(this.#deps.documents, params);
    const next = typeof spot === "string" ? undefined : afterEnter(spot.context);
    if (next !== undefined && this.#suggestions.recall(params.uri, next, OPEN_GATE).length === 0) {
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
    const rest = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, 2 * this.#runs.responseMs));
    const build = () => this.#prompts.build(uri, model, context, maxTokens).tokens;
    const spot: Spot = { uri, context, lead: "", led: context };
    this.#warmer.warm(uri, model, rest, build, (signal) =>
      this.#runs.askAhead(spot, model, this.#runSettings("automatic"), isAccepted, signal),
    );
  }
}

function silent({ watch }: Asked, reason: SilenceReason, detail?: string): CompleteResult {
  return { kind: "silent", reason, ...(detail === undefined ? {} : { detail }), timings: watch.timings() };
}
