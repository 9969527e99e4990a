/** What a key waits for while the repository's index is built beside it, against none: `sterna bench --index --keys`. */
import { pathToFileURL } from "node:url";
import { PrefillSpeed } from "../../backend/calibration.ts";
import { LocalBackend } from "../../backend/localBackend.ts";
import { isBusy, Scheduler } from "../../backend/scheduler.ts";
import { realClock } from "../../clock.ts";
import { CompletionService } from "../../completion/completionService.ts";
import { loadAddon, type NativeModel } from "../../native.ts";
import { packageRoot } from "../../packageRoot.ts";
import { Documents } from "../../repository/openDocuments.ts";
import { RepositoryIndex } from "../../repository/repositoryIndex.ts";
import { languageIdOfPath } from "../../text/languages.ts";
import { ASSUMED_SPEED } from "../sameEverywhere.ts";
import { quantile } from "./quantile.ts";

/** Milliseconds from a key to its answer. */
export interface KeyTimes {
  keys: number;
  median: number;
  p99: number;
}

export interface TypingReport {
  /** Without an index; while it is built; when it is built. */
  without: KeyTimes;
  building: KeyTimes;
  built: KeyTimes;
}

export interface TypedFile {
  path: string;
  text: string;
}

type State = keyof TypingReport;

/** Milliseconds from the answer to a key to the next key, as between the keys of a quick typist. */
const REST_MS = 60;
/** Keys that are typed into one file before the next one is opened. */
const KEYS_OF_FILE = 50;
/** The engine's own wait before a busy model is checked again. */
const PAUSE_MS = 50;
const ROUNDS = 4;
const never = new AbortController().signal;

/**
 * Types into files of a folder, in rounds of the three states, so that what else the machine does meets all of them.
 *
 * @param files all files of the index. @param keys in each state.
 */
export async function measureTyping(
  native: NativeModel,
  files: readonly TypedFile[],
  keys: number,
  limitBytes: number,
): Promise<TypingReport> {
  const times: Record<State, number[]> = { without: [], building: [], built: [] };
  const typed = files.filter(({ text }) => text.length > 4 * KEYS_OF_FILE && !text.includes("\r"));
  if (typed.length === 0) throw new Error("The folder has no file that is long enough to be typed in.");
  for (let round = 0; round < ROUNDS; round++) {
    const wanted = Math.ceil((keys * (round + 1)) / ROUNDS);
    for (const state of ["without", "building", "built"] as const) {
      for (let part = 0; times[state].length < wanted; part++) {
        const window = new TypingWindow(native, limitBytes);
        if (state !== "without") window.index(files);
        if (state === "built") await window.settled();
        const isOn = () => times[state].length < wanted && (state !== "building" || window.isBuilding);
        for (let file = 0; isOn(); file++) {
          const at = (round * 7 + part * 3 + file) % typed.length;
          times[state].push(...(await window.type(typed[at] as TypedFile, isOn)));
        }
        window.close();
      }
    }
  }
  const of = (all: readonly number[]): KeyTimes => ({
    keys: all.length,
    median: quantile(all, 0.5),
    p99: quantile(all, 0.99),
  });
  return { without: of(times.without), building: of(times.building), built: of(times.built) };
}

/** The parts of the engine that answer keys in one window, with the index beside them as the engine process has it. */
class TypingWindow {
  readonly #documents = new Documents();
  readonly #scheduler = new Scheduler();
  readonly #repository: RepositoryIndex;
  readonly #service: CompletionService;

  constructor(native: NativeModel, limitBytes: number) {
    const backend = new LocalBackend({ name: "typing", native, speed: new PrefillSpeed(ASSUMED_SPEED, false) });
    this.#repository = new RepositoryIndex({
      createIndex: (maxBytes) => loadAddon(packageRoot()).createNgramIndex(maxBytes),
      limitBytes,
      isBusy: () => isBusy(this.#scheduler.load),
      pause: () => pass(PAUSE_MS),
      log: () => {},
    });
    this.#service = new CompletionService({
      documents: this.#documents,
      scheduler: this.#scheduler,
      clock: realClock,
      backend: () => ({ kind: "ready", backend }),
      settings: () => ({ maxTokens: 32, debounceMs: 0 }),
      repository: (uri, languageId) => this.#repository.viewFor(uri, languageId, this.#documents.uris()),
    });
  }

  get isBuilding(): boolean {
    return this.#repository.isWorking;
  }

  index(files: readonly TypedFile[]): void {
    const changed = files.map(({ path }) => pathToFileURL(path).href);
    this.#repository.change({ reset: true, changed, removed: [] });
  }

  async settled(): Promise<void> {
    await this.#repository.settled();
  }

  /** Types from the middle of a file on. @returns milliseconds of each key. */
  async type({ path, text }: TypedFile, isOn: () => boolean): Promise<number[]> {
    const uri = pathToFileURL(path).href;
    const languageId = languageIdOfPath(path);
    const start = text.indexOf("\n", text.length / 2) + 1;
    const times: number[] = [];
    this.#documents.open({ uri, path, languageId, version: 1, text: text.slice(0, start) });
    for (let at = start; at < Math.min(text.length, start + KEYS_OF_FILE) && isOn(); at++) {
      const version = at - start + 2;
      const change = {
        uri,
        baseVersion: version - 1,
        version,
        changes: [{ offset: at, length: 0, text: text[at] ?? "" }],
      };
      const before = performance.now();
      this.#documents.change(change);
      this.#service.edited(change);
      await this.#service.complete({ uri, version, offset: at + 1, trigger: "automatic" }, never);
      times.push(performance.now() - before);
      await pass(REST_MS);
    }
    this.#documents.close(uri);
    this.#service.forget(uri);
    return times;
  }

  close(): void {
    this.#repository.close();
    this.#service.cursorLeft();
    this.#scheduler.cancelAll();
  }
}

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function typingRows({ without, building, built }: TypingReport): [name: string, value: string][] {
  const row = ({ keys, median, p99 }: KeyTimes) =>
    `median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${keys} keys)`;
  return [
    ["a key without the index", row(without)],
    ["a key while it is built", row(building)],
    ["a key when it is built", row(built)],
  ];
}
