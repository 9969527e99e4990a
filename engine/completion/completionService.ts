/**
 * The way of one keystroke from the cursor to a suggestion, or to a named reason for silence: an earlier answer that
 * still fits, else the answer of a running request, else a new request when the typing pauses.
 */

import type { Backend, BackendChoice, PromptOwner, PromptPlace } from "../backend/backend.ts";
import type { AnswerSource, CompleteParams, CompleteResult } from "../protocol/completion.ts";
import type { CursorPosition, Definitions, DocumentChange } from "../protocol/documents.ts";
import type { CursorContext } from "../text/cursor.ts";
import { languageOf } from "../text/languages.ts";
import { CompletionCache } from "./completionCache.ts";
import { type CompletionCall, silent } from "./completionCall.ts";
import type { CompletionDependencies } from "./completionDependencies.ts";
import { type CompletionSite, contextAt, siteAt, siteKeyOf } from "./completionSite.ts";
import { debounceDelay, MODE_PRESETS, type Mode } from "./debounce.ts";
import { afterEnter } from "./enter.ts";
import { type Gate, OPEN_GATE } from "./gate/gate.ts";
import { GateHistory } from "./gate/history.ts";
import { copyGate, modelGate } from "./gate/modeGates.ts";
import { isLateForList, ListTurn, listWaitsFor } from "./listFirst.ts";
import { ALL_PARTS, type CompletionParts } from "./parts.ts";
import { Presenter } from "./presenter.ts";
import { type QueuedRequest, RequestQueue, type RequestSettings } from "./requestQueue.ts";
import { Stopwatch } from "./stopwatch.ts";
import { TypingSpeed } from "./typingSpeed.ts";
import { unwantedPlace } from "./unwantedPlace.ts";
import { Warmer } from "./warming.ts";
import { WorkContext } from "./workContext.ts";

/**
 * What may follow the shown suggestion is computed in advance once the user has paused for twice the usual response time,
 * but at least MIN_IDLE_MS and at most MAX_IDLE_MS. Most of it is never used, but a fast model has it ready at the next key.
 */
const MAX_IDLE_MS = 250;
const MIN_IDLE_MS = 15;
/** Milliseconds to wait after the cursor has moved, because an arrow key that is held down passes many places. */
const ARRIVED_MS = 30;
/**
 * For how many milliseconds a running request is kept without a subscriber after a change of the text that agrees with
 * its output. The `complete` request of that keystroke, which comes up to 50 ms after the change, will subscribe to it.
 * This is longer than LINGER_MS of inFlightRequest.ts, because typing that agrees makes it very likely that the output
 * is used; a cancelled call, after which LINGER_MS applies, may also mean that the cursor has left.
 */
const KEEP_MS = 400;

export class CompletionService {
  readonly #deps: CompletionDependencies;
  readonly #parts: CompletionParts;
  readonly #work: WorkContext;
  /** One object for each open document; backends attach what they keep for the document to it. */
  readonly #owners = new Map<string, PromptOwner>();
  readonly #warmer: Warmer;
  readonly #cache = new CompletionCache();
  readonly #history = new GateHistory();
  readonly #presenter: Presenter;
  readonly #typingSpeed = new TypingSpeed();
  readonly #requests: RequestQueue;
  readonly #listTurn = new ListTurn();
  /** The backend whose answers are in the cache. */
  #backend: Backend | undefined;

  constructor(deps: CompletionDependencies) {
    this.#deps = deps;
    this.#parts = { ...ALL_PARTS, ...deps.parts };
    this.#work = new WorkContext(deps.documents);
    this.#warmer = new Warmer(deps.scheduler, deps.clock);
    this.#presenter = new Presenter(
      this.#parts,
      this.#cache,
      this.#history,
      (uri, context) => this.#textsFor(uri, context),
      (uri, context) => this.#prepare(uri, context, true),
    );
    this.#requests = new RequestQueue({
      scheduler: deps.scheduler,
      clock: deps.clock,
      placeOf: (uri, context) => this.#placeOf(uri, context),
      cache: this.#cache,
      parts: this.#parts,
      textsFor: (uri, context) => this.#textsFor(uri, context),
      repositoryFor: (uri, context) => deps.repository?.(uri, context.languageId),
      onGenerated: (params, answer) => deps.onGenerated?.(params, answer),
    });
  }

  /** Tokens that have been computed in advance so far. */
  get warmedTokens(): number {
    return this.#warmer.tokens;
  }

  /** Forgets everything about a document. */
  forget(uri: string): void {
    this.#owners.delete(uri);
    this.#cache.forget(uri);
    this.#warmer.cancel(uri);
    if (this.#requests.current?.inFlight.key.uri === uri) this.#requests.cancel();
  }

  /** Forgets what was taken from other files or computed with it, because they may no longer be read. */
  forgetOtherFiles(): void {
    this.#owners.clear();
    this.#cache.clear();
    this.#work.forget();
    this.#warmer.cancel();
    this.#requests.cancel();
  }

  /** No document is shown any more. */
  cursorLeft(): void {
    this.#warmer.cancel();
    this.#cache.hide();
    this.#requests.cancel();
  }

  /** The user has dismissed the suggestion on the screen. */
  dismissed(uri: string): void {
    this.#cache.dismiss(uri);
    this.#history.recordDismissal();
    this.#warmer.cancel(uri);
    this.#requests.cancel();
  }

  /** The document was saved. */
  saved(uri: string): void {
    this.#work.settle(uri);
  }

  /** Definitions of names that a document imports were found. */
  definitionsFound(definitions: Definitions): void {
    this.#work.addDefinitions(definitions);
  }

  /** A document is shown, or the cursor has moved in it, so typing is likely to continue there. */
  cursorMoved(place: CursorPosition): void {
    const choice = this.#deps.backend();
    const found = contextAt(this.#deps.documents, place);
    this.#work.visit(place);
    this.#cache.hide();
    if (found.kind === "refused") return;
    const context = found.value;
    if (this.#requests.current?.inFlight.typedAt(siteKeyOf(place.uri, context)) === undefined) this.#requests.cancel();
    const { warming = true } = this.#deps.settings();
    if (choice.kind === "none" || !warming) return;
    const prepare = () => choice.backend.warm(this.#placeOf(place.uri, context));
    this.#warmer.warm(place.uri, ARRIVED_MS, prepare);
  }

  /** A document was changed, and its mirror has been updated. */
  edited(change: DocumentChange): void {
    this.#typingSpeed.recordKey(this.#deps.clock.now());
    this.#work.edit(change);
    const { uri, version, changes } = change;
    const lookAt = (offset: number) => {
      const found = contextAt(this.#deps.documents, { uri, version, offset });
      return found.kind === "found" ? found.value : undefined;
    };
    const edit = this.#cache.edit(change, lookAt);
    const [{ offset, text } = { offset: 0, text: "" }] = changes;
    if (edit.kind === "accepted") this.#deps.onAccepted?.({ uri, offset, text: edit.text });
    const inFlight = this.#requests.current?.inFlight;
    if (inFlight?.key.uri !== uri) return;
    // The running request is kept while its output can still match the document; the `complete` request of this
    // keystroke will subscribe to it. When the editor has closed a bracket by itself, the cursor is after the first of
    // the inserted characters.
    const mayStillMatch = [offset + text.length, offset + 1].some((cursor) => {
      const context = lookAt(cursor);
      const typed = context && inFlight.typedAt(siteKeyOf(uri, context));
      return typed !== undefined && inFlight.agreesWith(typed);
    });
    if (mayStillMatch) inFlight.keepFor(KEEP_MS);
    else inFlight.cancel();
  }

  /** Never rejects: an error becomes a silence with the reason "failed". */
  async complete(params: CompleteParams, signal: AbortSignal): Promise<CompleteResult> {
    const call: CompletionCall = { params, signal, watch: new Stopwatch(this.#deps.clock) };
    let result: CompleteResult;
    try {
      result = await this.#answer(call);
    } catch (error) {
      result = silent(call, "failed", error instanceof Error ? error.message : String(error));
    }
    return result.kind === "silent" && result.reason !== "cancelled" ? this.#afterSilence(params, result) : result;
  }

  /** Prepares the suggestion for the line after Enter, which may be the next key when there is nothing to suggest. */
  #afterSilence(params: CompleteParams, silence: CompleteResult & { kind: "silent" }): CompleteResult {
    this.#cache.hide();
    const site = siteAt(this.#deps.documents, params);
    if (site.kind === "refused") return silence;
    const { uri, context } = site.value;
    const next = silence.reason === "list-first" ? undefined : afterEnter(context);
    if (next !== undefined && this.#cache.lookUp(uri, next).length === 0) this.#prepare(uri, next, false);
    return listWaitsFor(params, context) ? { ...silence, opensList: true } : silence;
  }

  async #answer(call: CompletionCall): Promise<CompleteResult> {
    const { documents, clock, backend: choose } = this.#deps;
    const { params, signal, watch } = call;
    this.#listTurn.note(params);
    const silence = params.isAfterList ? await this.#listTurn.waitForList(call, clock) : undefined;
    if (silence !== undefined) return silent(call, silence);
    this.#clearCacheIfBackendChanged(choose());
    const before = siteAt(documents, params);
    if (before.kind === "refused") return silent(call, before.reason);
    const early = before.value;
    this.#history.recordTyped(early.uri, early.context.prefix);
    const known = params.trigger === "manual" ? this.#copied(call, early) : await this.#answerAtOnce(call, early);
    if (known !== undefined) return known;
    const delayMs = this.#debounceDelay(params, early) - watch.elapsedMs;
    this.#reportIfLate(params, early, delayMs + this.#requests.responseMs);
    const waited = await clock.wait(delayMs, signal);
    watch.endDebounce();
    if (!waited || signal.aborted) return silent(call, "cancelled");
    // The text may have changed during the wait.
    const after = siteAt(documents, params);
    if (after.kind === "refused") return silent(call, after.reason);
    const site = after.value;
    const isSubtle = this.#deps.settings().mode === "subtle";
    const copied = isSubtle && params.trigger === "automatic" ? this.#copied(call, site) : undefined;
    if (copied !== undefined) return copied;
    const choice = choose();
    if (choice.kind === "none") return silent(call, "not-ready", choice.reason);
    this.#clearCacheIfBackendChanged(choice);
    const isAccepted = this.#cache.isAcceptedAt(site.uri, site.context);
    const settings = this.#requestSettings(params.trigger, site.context);
    const request = this.#requests.ask(params, site, choice.backend, settings, isAccepted);
    return (await this.#awaitRequest(call, site, request, "model")) ?? silent(call, "cancelled");
  }

  /** An answer that needs no new request; undefined when there is none. */
  async #answerAtOnce(call: CompletionCall, site: CompletionSite): Promise<CompleteResult | undefined> {
    const settings = this.#deps.settings();
    if (settings.onBattery === false && this.#deps.onBattery?.()) return silent(call, "on-battery");
    const unwanted = unwantedPlace(site.context, settings);
    if (unwanted !== undefined) return silent(call, unwanted);
    if (this.#cache.isLineDismissed(site.uri, site.context)) return silent(call, "refused");
    const gate = this.#gate("automatic", site.context);
    if (this.#presenter.contradictsWidgetItem(site, gate)) return silent(call, "suggest-widget");
    const known = this.#presenter.presentCached(call, site, gate) ?? (await this.#awaitCurrent(call, site));
    // Where the gate has cut all of the model's answer, a copy may be likely enough.
    const mayCopy = known === undefined || (known.kind === "silent" && known.reason === "unsure");
    return (mayCopy && settings.mode !== "subtle" ? this.#copied(call, site) : undefined) ?? known;
  }

  /** The answer of the running request, if it fits a place. */
  async #awaitCurrent(call: CompletionCall, site: CompletionSite): Promise<CompleteResult | undefined> {
    const { current } = this.#requests;
    if (current === undefined) return undefined;
    this.#reportIfLate(call.params, site, this.#requests.remainingMs(current));
    return this.#awaitRequest(call, site, current, "in-flight");
  }

  #reportIfLate(params: CompleteParams, { context }: CompletionSite, expectedMs: number): void {
    const { uri, version, offset } = params;
    if (isLateForList(params, context, expectedMs)) this.#deps.onLate?.({ uri, version, offset });
  }

  #debounceDelay({ trigger }: CompleteParams, { contextWithWidget }: CompletionSite): number {
    const { debounceMs, mode = "eager" } = this.#deps.settings();
    return debounceDelay({
      trigger,
      configuredMs: debounceMs,
      mode,
      typicalMs: this.#typingSpeed.typicalMs,
      responseMs: this.#requests.responseMs,
      last: contextWithWidget.prefix.slice(-1),
    });
  }

  /** Empties the cache when another backend answers, because its answers differ. */
  #clearCacheIfBackendChanged(choice: BackendChoice): void {
    if (choice.kind === "ready" && this.#backend !== choice.backend) {
      this.#cache.clear();
      this.#backend = choice.backend;
    }
  }

  #placeOf(uri: string, context: CursorContext): PromptPlace {
    const owner = this.#owners.get(uri) ?? {};
    this.#owners.set(uri, owner);
    const { maxTokens } = this.#deps.settings();
    return { owner, context, maxTokens, relatedChunks: () => this.#chunksFor(uri, context) };
  }

  #requestSettings(trigger: CompleteParams["trigger"], context: CursorContext): RequestSettings {
    const gate = this.#gate(trigger, context);
    const minimumConfidence = gate === OPEN_GATE ? 0 : MODE_PRESETS[this.#modeFor(context)].minimumConfidence;
    return { oneLine: this.#deps.settings().oneLine === true, gate, minimumConfidence };
  }

  /** The gate of a request. A request by hand shows the whole answer. */
  #gate(trigger: CompleteParams["trigger"], context: CursorContext): Gate {
    if (trigger === "manual") return OPEN_GATE;
    return this.#parts.gate ?? modelGate(this.#modeFor(context), this.#usesNgramCache(), this.#history);
  }

  /** In a language that the model was not trained on, the mode is "subtle", which shows only what is likely right. */
  #modeFor({ languageId }: CursorContext): Mode {
    const choice = this.#deps.backend();
    const seen = choice.kind === "ready" ? choice.backend.capabilities.languages : undefined;
    return seen === undefined || seen.includes(languageOf(languageId).family) ? this.#mode : "subtle";
  }

  get #mode(): Mode {
    return this.#deps.settings().mode ?? "eager";
  }

  /** A copy of the text that follows the same words elsewhere, if it is likely enough here. */
  #copied(call: CompletionCall, site: CompletionSite): CompleteResult | undefined {
    // With the n-gram cache the model itself copies, and does it better, because its probabilities are interpolated with
    // those of the other texts.
    if (this.#usesNgramCache()) return undefined;
    const { uri, contextWithWidget, widgetText } = site;
    const copy = this.#parts.copyFor(contextWithWidget, this.#textsFor(uri, contextWithWidget));
    if (copy === undefined) return undefined;
    const gate = this.#parts.gate === OPEN_GATE ? OPEN_GATE : copyGate(this.#mode);
    const result = this.#presenter.present(call, site, {
      text: widgetText + copy.text,
      pieces: copy.pieces.map(({ end, probability }) => ({ end: widgetText.length + end, probability })),
      typed: widgetText.length,
      onScreen: 0,
      source: "copy",
      gate,
    });
    return result.kind === "shown" ? result : undefined;
  }

  #usesNgramCache(): boolean {
    const choice = this.#deps.backend();
    return choice.kind === "ready" && this.#parts.usesNgramCache(choice.backend);
  }

  /** The texts that may be copied from besides the document itself, the most useful first. */
  #textsFor(uri: string, context: CursorContext): string[] {
    if (this.#deps.settings().ownFileOnly) return [];
    return [
      ...this.#deps.documents.textsFor(uri, context.languageId),
      ...this.#chunksFor(uri, context).map(({ text }) => text),
    ];
  }

  #chunksFor(uri: string, context: CursorContext) {
    const isWanted = this.#parts.usesOtherFiles && this.#deps.settings().ownFileOnly !== true;
    return isWanted ? this.#work.chunksFor(uri, context) : [];
  }

  /** Waits for a request, and presents its answer; undefined when its text turns out not to agree with what is typed. */
  async #awaitRequest(
    call: CompletionCall,
    site: CompletionSite,
    { inFlight, answer }: QueuedRequest,
    source: AnswerSource,
  ): Promise<CompleteResult | undefined> {
    const typed = inFlight.typedAt(siteKeyOf(site.uri, site.contextWithWidget));
    if (typed === undefined) {
      inFlight.cancel();
      return undefined;
    }
    const outcome = await inFlight.subscribe(typed, call.signal);
    if (call.signal.aborted) return silent(call, "cancelled");
    if (outcome?.result !== undefined) call.watch.endGeneration(outcome.result);
    const end = outcome === undefined ? undefined : await answer;
    if (end?.kind === "silence") return typed === site.widgetText ? silent(call, end.reason) : undefined;
    if (end?.kind !== "text" || !end.text.startsWith(typed) || end.text.length === typed.length) return undefined;
    const gate = this.#gate(call.params.trigger, site.context);
    return this.#presenter.present(call, site, { ...end, typed: typed.length, onScreen: 0, source, gate });
  }

  /** Computes, when the user pauses, what is to be suggested at a place where the cursor may soon be. */
  #prepare(uri: string, context: CursorContext, isAccepted: boolean): void {
    const { warming = true } = this.#deps.settings();
    const backend = this.#backend;
    if (!warming || backend === undefined) return;
    const idleMs = Math.min(MAX_IDLE_MS, Math.max(MIN_IDLE_MS, 2 * this.#requests.responseMs));
    const prepare = () => backend.warm(this.#placeOf(uri, context));
    const site: CompletionSite = { uri, context, widgetText: "", contextWithWidget: context };
    this.#warmer.warm(uri, idleMs, prepare, (signal) =>
      this.#requests.askAhead(site, backend, this.#requestSettings("automatic", context), isAccepted, signal),
    );
  }
}
