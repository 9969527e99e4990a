/**
 * The fault bench: a window (the extension's client of the engine, without an editor) types, completes and chats, and at
 * random moments something goes wrong. After every fault it is checked that the window was never held up, that nothing of
 * the user's is lost or changed, that the engine is back with its index of the workspace or says why not, and that nothing
 * is left behind.
 *
 *   node faultBench.mjs COUNT SEED [KIND]
 *
 * The same seed gives the same faults; their moments depend on the machine.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Journal } from "../../engine/chat/journal.ts";
import { EngineClient } from "../../engine/client/client.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { NONE, SCRIPT } from "../native/harness.ts";
import { root } from "../unit/root.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";
import { Random } from "../unit/support/testRandom.ts";
import { EventLoopWatch } from "./eventLoop.ts";
import { KINDS, type Kind, type Scene } from "./faults.ts";
import { type Fault, table } from "./faultTable.ts";
import { enginesOf } from "./processes.ts";
import { IndexedWorkspace } from "./workspace.ts";

/** How long a call may occupy the extension host's thread. */
const LONGEST_CALL_MS = 50;
const PATIENCE_MS = 20_000;
/** How long a process that nobody needs may still run, or a half-written file exist. */
const LEFTOVER_MS = 5_000;
/** The same for a shared engine: see {@link Kind.leavesEngineWaiting}. */
const WAITING_ENGINE_MS = 12_000;
const URI = "file:///workspace/work.ts";
/** So short that all of it is in every prompt, and suggestions depend on the text alone. */
const TEXT = Array.from({ length: 8 }, (_, line) => `const value${line} = compute(${line}, "text");\n`).join("");
const LONGEST_TEXT = 600;
/** Edits remove a little more than they add. */
const SHORTEST_TEXT = 100;
/** After a fault whose effect comes late. */
const CHECKS = 3;
/** The watchdog's interval: an engine counts as hung after three seconds. */
const HEARTBEAT_MS = 300;

class Bench {
  readonly #random: Random;
  readonly #folder = mkdtempSync(join(tmpdir(), "sterna-faults-"));
  /** A copy of its own, so that its processes can be told from those of other engines. */
  readonly #script = join(this.#folder, "engine.cjs");
  readonly #storage = join(this.#folder, "storage");
  readonly #model = join(this.#folder, "model.gguf");
  readonly #watch = new EventLoopWatch(LONGEST_CALL_MS);
  readonly #lines: string[] = [];
  readonly #settings = engineSettings({ model: this.#model, maxTokens: 8 });
  readonly #isShared: boolean;
  readonly #client: EngineClient;
  readonly #workspace: IndexedWorkspace;
  #isStarted = false;
  /** The user's text; below, its version. */
  #text = TEXT;
  #version = 1;
  #conversation = "";
  /** Questions whose answers have ended, except where the engine said that it could not store them. */
  #asked: string[] = [];
  #problems = 0;

  constructor(seed: number, isShared: boolean) {
    this.#random = new Random(seed);
    this.#isShared = isShared;
    this.#client = new EngineClient({
      script: () => this.#script,
      root,
      storage: this.#storage,
      conversations: join(this.#storage, "conversations"),
      settings: () => this.#settings,
      isShared,
      heartbeatMs: HEARTBEAT_MS,
      log: (line) => this.#lines.push(line),
    });
    this.#workspace = new IndexedWorkspace(join(this.#folder, "workspace"), this.#client, this.#random);
    this.#client.listen({
      onStarted: () => {
        this.#isStarted = true;
        this.#open();
        this.#workspace.list();
      },
      onChatEvent: ({ event }) => {
        if (event.type === "problem") this.#problems++;
      },
      onEnded: () => {
        this.#isStarted = false;
      },
    });
  }

  /** See {@link EventLoopWatch.machines}. */
  get machines(): number {
    return this.#watch.machines;
  }

  async prepare(): Promise<void> {
    copyFileSync(SCRIPT, this.#script);
    mkdirSync(this.#storage);
    process.env.XDG_RUNTIME_DIR = this.#folder;
    await synthesise(this.#model, { shape: parseShape("256x2x4x2x512"), type: "I2_S", seed: 5 });
    this.#client.start();
    assert.equal(await this.#settle(), undefined, this.#log());
    await this.#newConversation();
  }

  async end(): Promise<void> {
    await this.#checkAbandoned();
    await this.#client.stop();
    await this.#until("the end of the processes", () => enginesOf(this.#script).length === 0);
    await this.#watch.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async fault(kind: Kind): Promise<Fault> {
    const problems: string[] = [];
    this.#lines.length = 0;
    if (this.#client.status.state !== "ready") {
      await this.#client.restart();
      await this.#settle();
    }
    const busy = this.#beBusy();
    await sleep(this.#random.below(120));
    this.#watch.take();
    const { pid } = this.#client;
    const began = performance.now();
    const delays: number[] = [];
    let undo: () => void | Promise<void> = () => {};
    try {
      undo = await this.#watch.apart(() => kind.strike(this.#scene()));
    } catch (error) {
      problems.push(String(error));
    }
    delays.push(this.#watch.take());
    await this.#type();
    await this.#watch.apart(undo);
    let state = await this.#settle();
    delays.push(this.#watch.take());
    const tookMs = performance.now() - began;
    if (state !== undefined) problems.push(...(await this.#startAnew(state)));
    await busy.catch((error) => problems.push(String(error)));
    const delayMs = Math.max(...delays);
    if (delayMs > LONGEST_CALL_MS) problems.push(`the window was held up for ${Math.round(delayMs)} ms`);
    for (let check = 1; ; check++) {
      const checked = this.#client.pid;
      const found = await this.#check(kind);
      const isThere = this.#client.pid === checked && this.#client.status.state === "ready";
      if (found.length === 0 || isThere || check === (kind.isFeltLate ? CHECKS : 1)) {
        problems.push(...found);
        break;
      }
      const late = await this.#settle();
      if (late === undefined) continue;
      state = late;
      problems.push(...(await this.#startAnew(late)));
    }
    const isNew = this.#client.pid !== pid;
    return { kind: kind.name, isNew, state, problems, delayMs, tookMs, log: problems.length > 0 ? this.#log() : "" };
  }

  /** A status that names the problem and lasts until the user restarts the engine. Returns what is wrong. */
  async #startAnew(state: string): Promise<string[]> {
    const problems: string[] = [];
    if (!/^[^\n]{10,400}$/.test(state)) problems.push(`the state is not clear: ${JSON.stringify(state)}`);
    await this.#client.restart();
    const again = await this.#settle();
    if (again !== undefined) problems.push(`another start does not help: ${again}`);
    return problems;
  }

  #scene(): Scene {
    const { pid } = this.#client;
    assert.ok(pid !== undefined, this.#log());
    return {
      random: this.#random,
      pid,
      isShared: this.#isShared,
      storage: this.#storage,
      model: this.#model,
      script: this.#script,
      window: join(dirname(fileURLToPath(import.meta.url)), "window.mjs"),
      request: (type, params) => this.#client.request(type, params),
      misuse: (params) => {
        this.#client.notify(protocol.documentOpened, params as protocol.DocumentOpen);
        this.#client.notify(protocol.documentChanged, params as protocol.DocumentChange);
        this.#client.notify(protocol.cursorMoved, params as protocol.CursorPosition);
      },
      sleep,
    };
  }

  #open(): void {
    const document = { uri: URI, path: "work.ts", languageId: "typescript", version: this.#version, text: this.#text };
    this.#client.notify(protocol.documentOpened, document);
  }

  #complete(): Promise<protocol.CompleteResult> {
    const params = { uri: URI, version: this.#version, offset: this.#text.length - 5, trigger: "manual" as const };
    return this.#client.complete(params, NONE);
  }

  #edit(): void {
    const offset = this.#random.below(this.#text.length - 20);
    const length = this.#random.below(6);
    const text = this.#random.pick(["x", "value", "é😀", "\n", ""]);
    this.#text = this.#text.slice(0, offset) + text + this.#text.slice(offset + length);
    const baseVersion = this.#version++;
    const changes = [{ offset, length, text }];
    this.#client.notify(protocol.documentChanged, { uri: URI, baseVersion, version: this.#version, changes });
  }

  async #type(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      this.#edit();
      if (this.#random.below(3) === 0) this.#workspace.change();
      void this.#complete();
      await sleep(this.#random.below(25));
    }
  }

  /** Types, asks a question, does both or neither, so that the fault comes during it. */
  async #beBusy(): Promise<void> {
    const what = this.#random.below(4);
    await Promise.all([what % 2 === 1 && this.#type(), what >= 2 && this.#ask()]);
  }

  async #newConversation(): Promise<void> {
    const { id } = await this.#client.request(protocol.chatOpen, { id: "new" });
    this.#conversation = id;
    this.#asked = [];
    await this.#ask();
  }

  async #ask(): Promise<void> {
    const text = `Question ${this.#random.below(1e6)}?`;
    const before = this.#problems;
    const action = { type: "ask" as const, text, attachments: [] };
    try {
      await this.#client.request(protocol.chatAct, { conversation: this.#conversation, action });
      if (this.#problems === before) this.#asked.push(text);
    } catch {
      // The engine ended before the answer did.
    }
  }

  /** Undefined when the engine is ready and answers for the present text; else the sentence of its status. */
  async #settle(): Promise<string | undefined> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const { state, detail } = this.#client.status;
      if (state === "failed") return detail;
      if (this.#isStarted && state !== "starting") {
        const answer = await Promise.race([this.#complete(), sleep(2000)]);
        const isAnswered = answer && (answer.kind === "shown" || !["not-ready", "failed"].includes(answer.reason));
        if (isAnswered && this.#client.status.state !== "failed") return undefined;
      }
      if (performance.now() > end) return `no state at all (${state}: ${detail})`.replaceAll("\n", " ");
      await sleep(10);
    }
  }

  async #check(kind: Kind): Promise<string[]> {
    const problems: string[] = [];
    const expect = async (what: string, work: () => Promise<void> | void) => {
      try {
        await work();
      } catch (error) {
        problems.push(`${what}: ${error instanceof Error ? error.message : error}`);
      }
    };
    // The index may still be filling: what is suggested would change with it.
    await expect("index", () => this.#workspace.check());
    await expect("text", () => this.#checkText());
    await expect("conversations", () => this.#checkConversation(kind));
    await expect("settings", () => {
      assert.equal(this.#settings.model, this.#model);
      assert.ok(existsSync(this.#model), "the model is gone");
    });
    const leftoverMs = kind.leavesEngineWaiting && this.#isShared ? WAITING_ENGINE_MS : LEFTOVER_MS;
    await expect("processes", () =>
      this.#until("one engine", () => enginesOf(this.#script).join() === String(this.#client.pid), leftoverMs),
    );
    await expect("files", () => this.#until("no half-written file", () => this.#unfinished().length === 0));
    return problems;
  }

  /** The text that the engine knows from changes must be the text that it would have if it were opened anew. */
  async #checkText(): Promise<void> {
    const said = (result: protocol.CompleteResult) => (result.kind === "shown" ? result.text : result.reason);
    const kept = said(await this.#complete());
    this.#client.notify(protocol.documentClosed, { uri: URI });
    this.#open();
    assert.equal(said(await this.#complete()), kept);
    if (this.#text.length > LONGEST_TEXT || this.#text.length < SHORTEST_TEXT) {
      this.#text = TEXT;
      this.#version++;
      this.#open();
    }
  }

  async #checkConversation({ name }: Kind): Promise<void> {
    const id = this.#conversation;
    if (name === "conversations removed") {
      // Somebody has removed the user's conversations. They may be gone, but not half of one.
      await this.#newConversation();
      return;
    }
    const { turns } = await this.#client.request(protocol.chatOpen, { id });
    const questions = turns.filter(({ role }) => role === "user").map(({ text }) => text);
    for (const text of this.#asked) assert.ok(questions.includes(text), `"${text}" is lost`);
    const stored = new Journal(join(this.#storage, "conversations")).open(id);
    const kept = stored?.turns.filter(({ role }) => role === "user").map(({ text }) => text) ?? [];
    for (const text of this.#asked) assert.ok(kept.includes(text), `"${text}" is not on the disk`);
    if (turns.length > 30) await this.#newConversation();
    else await this.#ask();
  }

  /** A file that a killed process was writing is removed by the next process, after a while. */
  async #checkAbandoned(): Promise<void> {
    const past = Date.now() / 1000 - 60;
    for (const file of this.#unfinished(0)) utimesSync(file, past, past);
    await this.#client.restart();
    assert.equal(await this.#settle(), undefined, this.#log());
    assert.deepEqual(this.#unfinished(0), []);
  }

  /** Files that somebody is writing. Files that are removed later count only if they were not touched for a while. */
  #unfinished(patienceMs = PATIENCE_MS): string[] {
    return readdirSync(this.#storage, { recursive: true, encoding: "utf8" })
      .filter((name) => /(\.new|-tmp|\.part|\.lock)$/.test(name))
      .map((name) => join(this.#storage, name))
      .filter((file) => {
        const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? {};
        return mtimeMs !== undefined && !(/(-tmp|\.new)$/.test(file) && Date.now() - mtimeMs < patienceMs);
      });
  }

  async #until(what: string, isSo: () => boolean, patienceMs = LEFTOVER_MS): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!isSo()) {
      assert.ok(
        performance.now() < end,
        `${what}: not after ${patienceMs / 1000} s; ${enginesOf(this.#script)} ${this.#unfinished()}`,
      );
      await sleep(10);
    }
  }

  #log(): string {
    return this.#lines.slice(-20).join("\n");
  }
}

function sleep(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds));
}

const [count = 30, seed = 1] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4];
console.log(`${count} faults, seed ${seed}`);
const faults: Fault[] = [];
let machines = 0;
for (const isShared of [false, true]) {
  const kinds = KINDS.filter(
    (kind) =>
      (kind.only ?? (isShared ? "shared" : "own")) === (isShared ? "shared" : "own") && (!only || kind.name === only),
  );
  const random = new Random(seed + (isShared ? 1 : 0));
  const bench = new Bench(seed + (isShared ? 1 : 0), isShared);
  await bench.prepare();
  const share = isShared ? Math.floor(count / 2) : Math.ceil(count / 2);
  for (let i = 0; i < share && kinds.length > 0; i++) {
    // The kinds take turns, so that a few faults suffice to cover all.
    const kind = kinds[i < kinds.length ? i : random.below(kinds.length)];
    if (kind === undefined) continue;
    const fault = await bench.fault(kind);
    faults.push(fault);
    for (const problem of fault.problems) {
      console.log(`FAULT ${faults.length} (${kind.name}, ${isShared ? "shared" : "own"} engine): ${problem}`);
    }
    if (fault.problems.length > 0) console.log(fault.log.replaceAll(/^/gm, "    "));
  }
  machines += bench.machines;
  await bench.end();
}
console.log(table(faults));
if (machines > 0) {
  console.log(
    `${machines} hold-ups over ${LONGEST_CALL_MS} ms were the busy machine's: on a quiet one they would count.`,
  );
}
process.exit(faults.every(({ problems }) => problems.length === 0) ? 0 : 1);
