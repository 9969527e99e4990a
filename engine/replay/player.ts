/**
 * Plays an edit session through the completion code of the extension, in the editor's place: keeps the documents in
 * step, asks at every keystroke, cancels what is overtaken, shows ghost text, and presses Tab where that is right.
 */
import type { Clock } from "../clock.ts";
import type { CompletionService } from "../completion/complete.ts";
import type { Documents } from "../documents.ts";
import type { CompleteResult } from "../protocol.ts";
import { acceptedAt, type Step, stepsOf } from "./future.ts";
import { Random } from "./random.ts";
import { applyChanges, type EditScript, type ScriptChange } from "./script.ts";
import type { Row } from "./summary.ts";

export interface PlayOptions {
  clock: Clock;
  documents: Documents;
  completion: CompletionService;
  /** Suggestions that are right to the end are accepted with this probability. */
  accept: number;
  /** Shorter ones never are. */
  acceptFrom: number;
  seed: number;
  /** Keystrokes after which the replay ends. */
  limit: number;
  /** Wait for every answer before the next key: the same counts on every machine. */
  inStep: boolean;
}

export interface Played {
  rows: Row[];
  /** Keystrokes that accepted suggestions made needless, less the keys that accepted them. */
  saved: number;
}

interface Ghost {
  text: string;
  replaceLength: number;
}

const never = new AbortController().signal;

export async function play(script: EditScript, options: PlayOptions): Promise<Played> {
  const player = new Player(script, options);
  return player.run();
}

class Player {
  readonly #script: EditScript;
  readonly #options: PlayOptions;
  readonly #steps: Step[];
  readonly #random: Random;
  readonly #texts: string[];
  readonly #versions = new Map<number, number>();
  readonly #rows: Row[] = [];
  /** What stands behind the cursor in grey. */
  #ghost: Ghost | undefined;
  #request = new AbortController();
  #answers: Promise<void>[] = [];
  #after: Row["after"] = "flow";
  #saved = 0;

  constructor(script: EditScript, options: PlayOptions) {
    this.#script = script;
    this.#options = options;
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
    await Promise.all(this.#answers);
    return { rows: this.#rows, saved: this.#saved };
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#options.inStep) {
      await Promise.all(this.#answers);
      this.#answers = [];
    }
    await this.#options.clock.wait(milliseconds, never);
  }

  /** The cursor goes to another place or another file. */
  #go(index: number): void {
    const step = this.#step(index);
    this.#hide();
    if (this.#script.events[index]?.kind === "show") {
      this.#after = this.#versions.has(step.file) ? "return" : "open";
      if (!this.#versions.has(step.file)) this.#open(step);
    } else if (step.leaves) {
      // To another place than where the file was left or opened; the first place in a file comes with its opening.
      if (this.#after !== "open") this.#after = "jump";
    } else if (this.#after === "flow") {
      this.#after = "past";
    }
    this.#options.completion.moved({ ...this.#place(step), offset: step.cursor });
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

  /** Accepts the ghost text where it is what comes next; returns the event that the script then stands at. */
  #tab(last: number): number | undefined {
    const ghost = this.#ghost;
    const step = this.#steps[last];
    if (ghost === undefined || step === undefined || ghost.text.length < this.#options.acceptFrom) return undefined;
    const target = acceptedAt(this.#script, this.#steps, last, this.#texts[step.file] ?? "", ghost);
    if (target === undefined || !this.#random.chance(this.#options.accept)) return undefined;
    this.#hide();
    this.#change(step.file, [{ offset: step.cursor, length: ghost.replaceLength, text: ghost.text }]);
    const skipped = this.#script.events.slice(last + 1, target + 1).filter((event) => event.kind === "key").length;
    this.#saved += skipped - 1;
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
      source: this.#ghost === undefined ? "none" : "typed-through",
      promptTokens: 0,
      prefilled: 0,
      decoded: 0,
      shown: 0,
      matched: 0,
    };
    this.#after = "flow";
    this.#rows.push(row);
    const params = { ...this.#place(step), offset: step.cursor, trigger: "automatic" } as const;
    const answer = this.#options.completion.complete(params, request.signal).then((result) => {
      this.#answer(row, step, result, request.signal.aborted);
    });
    this.#answers.push(answer);
  }

  #answer(row: Row, step: Step, result: CompleteResult, overtaken: boolean): void {
    const { timings } = result;
    if (timings !== undefined) {
      row.promptTokens = timings.promptTokens;
      row.prefilled = timings.prefilledTokens;
      row.decoded = timings.decodedTokens;
      if (timings.promptTokens > 0) row.firstTokenMs = timings.queueMs + timings.prefillMs;
    }
    if (result.kind === "silent") {
      if (row.source === "none") {
        row.reason = result.reason;
        if (result.detail !== undefined) row.detail = result.detail;
      }
      // The editor takes away what the provider does not give again.
      if (!overtaken) this.#ghost = undefined;
      return;
    }
    if (overtaken) return;
    const ghost = { text: result.text, replaceLength: result.replaceLength };
    const stood = this.#ghost?.text === ghost.text;
    this.#ghost = ghost;
    row.textMs = result.timings.totalMs - result.timings.debounceMs;
    if (stood) return;
    row.source = result.source;
    row.shown = ghost.text.length;
    row.matched = commonLength(ghost.text, step.future ?? "");
  }

  #hide(): void {
    this.#request.abort();
    this.#ghost = undefined;
  }

  #open(step: Step): void {
    const file = this.#script.files[step.file];
    this.#versions.set(step.file, 1);
    this.#options.documents.open({
      ...this.#place(step),
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
    this.#options.documents.change({ uri: uriOf(file), baseVersion, version: baseVersion + 1, changes: [...changes] });
  }

  #place(step: Step): { uri: string; version: number } {
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

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
