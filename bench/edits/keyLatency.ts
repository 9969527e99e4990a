/**
 * Measures how long a completion takes after a key, with and without next edits. A real engine process has two
 * documents with the same text, in which a name is being replaced while lines are typed. In one of them every key also
 * asks for the next edit. The documents take turns.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CancellationTokenSource } from "vscode-jsonrpc";
import { EngineClient } from "../../engine/client/client.ts";
import { configOf, readDefaults } from "../../engine/lsp/configuration.ts";
import { packageRoot } from "../../engine/packageRoot.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { Random } from "../../engine/replay/random.ts";
import { languageIdOfPath } from "../../engine/text/languages.ts";

/** Milliseconds from one key to the next: a fast typist's. */
const KEY_MS = 100;
/** How many keys are typed in one document before the other has its turn. */
const STRETCH = 40;
/** How many keys of each document are not counted, because caches and code are still cold. */
const WARM_UP = 2 * STRETCH;
const LONGEST_START_MS = 60_000;
/** Next edits that come later than so many milliseconds after their key are counted as late. */
const LATE_MS = 30;

/** A document in which somebody types. */
interface Typist {
  name: string;
  uri: string;
  asksForEdits: boolean;
  text: string;
  version: number;
  /** Milliseconds from a key to its completion, for each key that was answered before the next one. */
  times: number[];
  /** Milliseconds from a key to the next edit that it led to, for each one that was proposed. */
  proposals: number[];
  keys: number;
}

export async function measureTyping(path: string, text: string, keys: number): Promise<void> {
  const storage = mkdtempSync(join(tmpdir(), "sterna-typing-"));
  const client = clientOn(storage);
  try {
    await untilReady(client);
    const typists = [false, true].map((asksForEdits): Typist => {
      const name = asksForEdits ? "with next edits" : "without";
      const uri = `file:///${asksForEdits ? "with" : "without"}/${path}`;
      client.notify(protocol.documentOpened, { uri, path, languageId: languageIdOfPath(path), version: 1, text });
      return { name, uri, asksForEdits, text, version: 1, times: [], proposals: [], keys: 0 };
    });
    for (let round = 0; (typists[1]?.keys ?? keys) < keys + WARM_UP; round++) {
      for (const typist of round % 2 === 0 ? typists : [...typists].reverse()) {
        await typeStretch(client, typist, new Random(round));
      }
    }
    for (const typist of typists) process.stdout.write(report(typist));
  } finally {
    await client.stop();
    rmSync(storage, { recursive: true, force: true });
  }
}

/** An engine that is set as the manifest declares, but computes on one thread and answers at once. */
function clientOn(storage: string): EngineClient {
  const root = packageRoot();
  const { engine: settings } = configOf([], readDefaults(root));
  return new EngineClient({
    script: () => join(root, "dist", "engine.cjs"),
    root,
    storage,
    conversations: join(storage, "conversations"),
    settings: () => ({ ...settings, threads: 1, maxTokens: 24, debounceMs: 0 }),
    log: () => {},
  });
}

async function untilReady(client: EngineClient): Promise<void> {
  client.start();
  const began = performance.now();
  while (client.status.state !== "ready") {
    if (performance.now() - began > LONGEST_START_MS) throw new Error("the engine did not become ready");
    await sleep(50);
  }
}

/** Replaces a name in two places, then types a line of the same text somewhere else. */
async function typeStretch(client: EngineClient, typist: Typist, random: Random): Promise<void> {
  const names = [...new Set(typist.text.match(/\b[a-zA-Z_]{5,}\b/g))];
  const name = names[random.between(0, names.length - 1)] ?? "";
  for (let count = 0, at = 0; count < 2; count++) {
    at = typist.text.indexOf(name, at);
    if (at === -1) break;
    await press(client, typist, at, name.length, `${name}New`);
    at += name.length + 3;
  }
  const start = typist.text.indexOf("\n", random.between(0, typist.text.length - 1)) + 1;
  const from = typist.text.indexOf("\n", random.between(0, typist.text.length / 2)) + 1;
  const typed = typist.text.slice(from, from + STRETCH);
  for (const [index, key] of [...typed].entries()) await press(client, typist, start + index, 0, key);
}

/** One key: the change, what is asked because of it, and the time until the next key. */
async function press(client: EngineClient, typist: Typist, offset: number, length: number, key: string): Promise<void> {
  const { uri } = typist;
  const baseVersion = typist.version++;
  const version = typist.version;
  const began = performance.now();
  const over = new CancellationTokenSource();
  client.notify(protocol.documentChanged, { uri, baseVersion, version, changes: [{ offset, length, text: key }] });
  typist.text = typist.text.slice(0, offset) + key + typist.text.slice(offset + length);
  const at = { uri, version, offset: offset + key.length };
  typist.keys++;
  // The editor tells of a change before it asks for completions, so the next edit is asked for first.
  const edit = typist.asksForEdits ? client.request(protocol.nextEdit, { ...at, unused: [] }, over.token) : undefined;
  const isCounted = typist.keys > WARM_UP;
  const completed = client.complete({ ...at, trigger: "automatic" }, over.token).then(() => {
    if (isCounted && !over.token.isCancellationRequested) typist.times.push(performance.now() - began);
  });
  edit?.then(
    (found) => {
      if (found !== null && isCounted) typist.proposals.push(performance.now() - began);
    },
    () => {},
  );
  await sleep(KEY_MS);
  over.cancel();
  await completed.catch(() => {});
  await edit?.catch(() => {});
}

function report({ name, times, keys, proposals }: Typist): string {
  const answered = `${keys - WARM_UP} keys, ${times.length} answered in ${KEY_MS} ms`;
  const lines = [`${name.padEnd(16)}${answered.padEnd(40)}${quantiles(times)}`];
  if (proposals.length > 0) {
    const late = proposals.filter((time) => time > LATE_MS).length;
    lines.push(
      `${"".padEnd(16)}${`${proposals.length} next edits, ${late} after ${LATE_MS} ms`.padEnd(40)}${quantiles(proposals)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** @param times Milliseconds. Sorts them. */
function quantiles(times: number[]): string {
  times.sort((one, other) => one - other);
  const percentile = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1).padStart(7);
  return `p50 ${percentile(0.5)}  p90 ${percentile(0.9)}  p99 ${percentile(0.99)}  longest ${percentile(1)} ms`;
}
