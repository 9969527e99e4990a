/**
 * Plays an edit session through the completion code in place of the editor. It updates the documents, asks for a
 * completion at every keystroke, cancels outdated requests, shows ghost text, and presses Tab when it is right.
 */
import type { Clock } from "../clock.ts";
import type { CompletionDependencies } from "../completion/completionDependencies.ts";
import type { CompletionService } from "../completion/completionService.ts";
import type { CompleteParams, CompleteResult, CompletionTimings } from "../protocol/completion.ts";
import type { Documents } from "../repository/openDocuments.ts";
import { commonStart } from "../text/repeats.ts";
import { acceptedAt, type Step, stepsOf } from "./future.ts";
import { Random } from "./random.ts";
import { applyChanges, type EditScript, type ScriptChange } from "./script.ts";
import type { Row } from "./summary.ts";

type OnGenerated = NonNullable<CompletionDependencies["onGenerated"]>;
type Generated = Parameters<OnGenerated>[1];

/** What is asked at every keystroke: the completion service, or a substitute that answers from a record. */
export interface Completer extends Pick<CompletionService, "cursorMoved" | "edited"> {
  /** @param event index of the keystroke in the script. */
  complete(params: CompleteParams, signal: AbortSignal, event: number): Promise<CompleteResult>;
}

export interface PlayOptions {
  clock: Clock;
  documents: Documents;
  /** Makes the completion service, which must report what the model has computed. */
  completion(onGenerated: OnGenerated): Completer;
  /** Probability with which a completely right suggestion is accepted. */
  accept: number;
  /** The least number of characters of a suggestion that is accepted. */
  acceptFrom: number;
  /**
   * The least time in milliseconds for which a suggestion must be visible to be accepted, so that a person can see it.
   */
  reactionMs: number;
  seed: number;
  /** Number of keystrokes after which the replay ends. */
  limit: number;
  /**
   * Whether to wait for every answer before the next key is pressed, so that the counts are the same on every machine.
   */
  inStep: boolean;
}

export interface Played {
  rows: Row[];
  /** Keystrokes that accepted suggestions saved, minus the keys that accepted them. */
  saved: number;
  /** Number of accepted suggestions, and of their characters. */
  accepted: number;
  kept: number;
}

interface Ghost {
  /** When the suggestion appeared, in milliseconds of the script plus those that the engine took for the answer. */
  since: number;
  text: string;
  replaceLength: number;
}

/** Milliseconds of the replay's clock that the session lasts after the last key. */
const LAST_MS = 1000;
/** Where VS Code's suggest widget waits for inline completions by its own defaults. */
const LIST_WAITS_IN = ["code" as const];
const never = new AbortController().signal;

export async function play(script: EditScript, options: PlayOptions): Promise<Played> {
  return await new Player(script, options).run();
}

class Player {
  readonly #script: EditScript;
  readonly #options: PlayOptions;
  readonly #completion: Completer;
  readonly #steps: Step[];
  readonly #random: Random;
  readonly #texts: string[];
  readonly #versions = new Map<number, number>();
  readonly #rows: Row[] = [];
  readonly #asked = new Map<CompleteParams, Row>();
  /** The ghost text after the cursor. */
  #ghost: Ghost | undefined;
  #request = new AbortController();
  #answers: Promise<void>[] = [];
  /** Answers that come after the suggest widget could open, so that a key may overtake them. */
  readonly #later: Promise<void>[] = [];
  #after: Row["after"] = "flow";
  /** Script time in milliseconds of the event that is being played. */
  #now = 0;
  #saved = 0;
  #accepted = 0;
  #kept = 0;

  constructor(script: EditScript, options: PlayOptions) {
    this.#script = script;
    this.#options = options;
    this.#completion = options.completion((params, result) => this.#generated(params, result));
    this.#steps = stepsOf(script);
    this.#texts = script.files.map((file) => file.text);
    this.#random = new Random(options.seed);
  }

  async run(): Promise<Played> {
    const { events } = this.#script;
    for (let index = 0; index < events.length && this.#rows.length < this.#options.limit; index++) {
      const event = events[index];
      if (event === undefined) break;
      await this.#pause(event.afterMs);
      if (event.kind === "key") {
        const accepted = this.#tab(index - 1);
        index = accepted ?? this.#type(index, event.changes);
      } else {
        this.#go(index);
      }
    }
    await Promise.all([...this.#answers, ...this.#later]);
    // Requests that are still running after the last keystroke are cancelled, and counted.
    await this.#options.clock.wait(LAST_MS, never);
    return { rows: this.#rows, saved: this.#saved, accepted: this.#accepted, kept: this.#kept };
  }

  /** Called when the model has computed something for a request, even if its answer is outdated by then. */
  #generated(params: CompleteParams, result: Generated): void {
    const row = this.#asked.get(params);
    if (row === undefined) return;
    row.promptTokens = result.promptTokens;
    row.prefilled += result.prefilledTokens;
    row.decoded += result.decodedTokens;
    row.drafted += result.draftedTokens;
    row.accepted += result.acceptedTokens;
  }

  async #pause(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
    if (this.#options.inStep) {
      await Promise.all(this.#answers);
      this.#answers = [];
    }
    await this.#options.clock.wait(milliseconds, never);
  }

  /** Moves the cursor to another place or another file. */
  #go(index: number): void {
    const step = this.#step(index);
    this.#hide();
    if (this.#script.events[index]?.kind === "show") {
      this.#after = this.#versions.has(step.file) ? "return" : "open";
      if (!this.#versions.has(step.file)) this.#open(step);
    } else if (step.leaves) {
      // This is a move away from where the file was left or opened; opening a file sets its first position.
      if (this.#after !== "open") this.#after = "jump";
    } else if (this.#after === "flow") {
      this.#after = "past";
    }
    this.#completion.cursorMoved({ ...this.#documentOf(step), offset: step.cursor });
  }

  #type(index: number, changes: readonly ScriptChange[]): number {
    const step = this.#step(index);
    this.#change(step.file, changes);
    const [change] = changes;
    const typed = change?.length === 0 ? change.text.slice(0, 1) : undefined;
    const ghost = this.#ghost;
    this.#hide();
    if (ghost !== undefined && typed !== undefined && ghost.text.length > 1 && ghost.text.startsWith(typed)) {
      this.#ghost = { ...ghost, text: ghost.text.slice(1) };
    }
    const event = this.#script.events[index];
    this.#ask(index, event?.kind === "key" ? event.key : "type");
    return index;
  }

  /**
   * Accepts the ghost text when the script continues with it. Returns the event from which the script then continues.
   */
  #tab(last: number): number | undefined {
    const ghost = this.#ghost;
    const step = this.#steps[last];
    const { acceptFrom, reactionMs } = this.#options;
    if (ghost === undefined || step === undefined || ghost.text.length < acceptFrom) return undefined;
    if (this.#now - ghost.since < reactionMs) return undefined;
    const target = acceptedAt(this.#script, this.#steps, last, this.#texts[step.file] ?? "", ghost);
    if (target === undefined || !this.#random.chance(this.#options.accept)) return undefined;
    this.#hide();
    this.#change(step.file, [{ offset: step.cursor, length: ghost.replaceLength, text: ghost.text }]);
    const skipped = this.#script.events.slice(last + 1, target + 1).filter((event) => event.kind === "key").length;
    this.#saved += skipped - 1;
    this.#accepted++;
    this.#kept += ghost.text.length;
    this.#ask(target, "accept");
    return target;
  }

  #ask(index: number, key: Row["key"]): void {
    const step = this.#step(index);
    const request = new AbortController();
    this.#request = request;
    const row: Row = {
      event: index,
      file: step.file,
      key,
      after: this.#after,
      source: "none",
      promptTokens: 0,
      prefilled: 0,
      decoded: 0,
      drafted: 0,
      accepted: 0,
      shown: 0,
      matched: 0,
    };
    this.#after = "flow";
    this.#rows.push(row);
    const params: CompleteParams = {
      ...this.#documentOf(step),
      offset: step.cursor,
      trigger: "automatic",
      listWaitsIn: LIST_WAITS_IN,
    };
    this.#asked.set(params, row);
    const now = this.#now;
    const answer = this.#completion.complete(params, request.signal, index).then((result) => {
      // When waiting for answers, the engine's own time does not count, so that every machine gives the same rows.
      const since = this.#options.inStep ? now : now + (result.timings?.totalMs ?? 0);
      this.#answer(row, step, result, request.signal.aborted, since);
      if (result.kind === "silent" && result.reason === "list-first") {
        const again = { ...params, isAfterList: true };
        this.#later.push(this.#askAfterList(row, step, again, request.signal, since, result.timings));
      }
    });
    this.#answers.push(answer);
  }

  /**
   * Asks again for a suggestion that was held back for the suggest widget. The next key may come first, so it is not
   * awaited.
   *
   * @param now when the text was there, and below, how long it took.
   */
  async #askAfterList(
    row: Row,
    step: Step,
    params: CompleteParams,
    signal: AbortSignal,
    now: number,
    timings: CompletionTimings | undefined,
  ): Promise<void> {
    if (signal.aborted) return;
    this.#asked.set(params, row);
    const result = await this.#completion.complete(params, signal, row.event);
    if (signal.aborted) return;
    // The wait for the suggest widget counts in every replay.
    this.#answer(row, step, result, false, now + (result.timings?.totalMs ?? 0));
    if (result.kind === "shown" && timings !== undefined) row.textMs = timings.totalMs - timings.debounceMs;
  }

  #answer(row: Row, step: Step, result: CompleteResult, overtaken: boolean, now: number): void {
    const { timings } = result;
    const isModel = result.kind === "silent" || result.source === "model";
    if (isModel && timings !== undefined && timings.promptTokens > 0) {
      row.firstTokenMs = timings.queueMs + timings.prefillMs;
    }
    if (result.kind === "silent") {
      row.reason = result.reason;
      if (result.detail !== undefined) row.detail = result.detail;
      // The editor removes ghost text that the provider does not return again.
      if (!overtaken) this.#ghost = undefined;
      return;
    }
    if (overtaken) return;
    delete row.reason;
    // Of a suggestion that grew while it was being typed, only the new part counts as shown.
    const before = this.#ghost !== undefined && result.text.startsWith(this.#ghost.text) ? this.#ghost : undefined;
    const stood = before?.text.length ?? 0;
    const ghost = { text: result.text, replaceLength: result.replaceLength, since: before?.since ?? now };
    this.#ghost = ghost;
    row.textMs = result.timings.totalMs - result.timings.debounceMs;
    row.source = result.source;
    row.shown = ghost.text.length - stood;
    row.matched = Math.max(0, commonStart(ghost.text, step.future ?? "") - stood);
  }

  #hide(): void {
    this.#request.abort();
    this.#ghost = undefined;
  }

  #open(step: Step): void {
    const file = this.#script.files[step.file];
    this.#versions.set(step.file, 1);
    this.#options.documents.open({
      ...this.#documentOf(step),
      path: file?.path ?? "",
      languageId: file?.languageId ?? "unknown",
      text: this.#texts[step.file] ?? "",
    });
  }

  #change(file: number, changes: readonly ScriptChange[]): void {
    const baseVersion = this.#versions.get(file) ?? 0;
    if (changes.length === 0) return;
    this.#texts[file] = applyChanges(this.#texts[file] ?? "", changes);
    this.#versions.set(file, baseVersion + 1);
    const change = { uri: uriOf(file), baseVersion, version: baseVersion + 1, changes: [...changes] };
    this.#options.documents.change(change);
    this.#completion.edited(change);
  }

  #documentOf(step: Step): { uri: string; version: number } {
    return { uri: uriOf(step.file), version: this.#versions.get(step.file) ?? 0 };
  }

  #step(index: number): Step {
    const step = this.#steps[index];
    if (step === undefined) throw new Error(`the script has no event ${index}`);
    return step;
  }
}

function uriOf(file: number): string {
  return `replay:${file}`;
}
