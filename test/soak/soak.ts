/**
 * Hours of work in little time against one engine: files are typed, suggestions accepted, and questions asked in
 * between, while memory, handles, threads and temporary files are recorded every ten seconds.
 *
 *   node soak.mjs MINUTES CSV
 */
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancellationTokenSource } from "vscode-jsonrpc";
import { EngineClient } from "../../engine/client/client.ts";
import * as protocol from "../../engine/protocol/index.ts";
import { NONE, poll, SCRIPT } from "../native/harness.ts";
import { root } from "../unit/root.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";
import { Random } from "../unit/support/testRandom.ts";
import { COLUMNS, measure, type Sample, verdict } from "./samples.ts";

const SAMPLE_MS = 10_000;
/** Seconds until caches are full; in a short run a fifth of it. */
const WARM_SECONDS = 600;
/** Characters typed in a file before the next one. */
const STRETCH = 300;
/** Documents that stay open, as in an editor. */
const OPEN_DOCUMENTS = 4;
const CONVERSATIONS = 3;
const TURNS = 12;

const minutes = Number(process.argv[2] ?? 5);
const csv = process.argv[3] ?? "soak.csv";
const random = new Random(7);
const storage = mkdtempSync(join(tmpdir(), "sterna-soak-"));
process.on("exit", () => rmSync(storage, { recursive: true, force: true }));
const files = readdirSync(join(root, "engine"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort();

const client = new EngineClient({
  script: () => SCRIPT,
  root,
  storage,
  conversations: join(storage, "conversations"),
  // Little memory for prompts, so that it is full within minutes.
  settings: () => engineSettings({ cacheMegabytes: 64, debounceMs: 0 }),
  log: (line) => console.log(`  ${line}`),
});
client.listen({
  onEnded: () => {
    if (!isOver()) throw new Error("The engine has ended.");
  },
});
client.start();
await poll(() => (client.status.state === "ready" ? true : undefined));
const pid = client.pid ?? assert.fail("The engine has no process.");

const began = performance.now();
const samples: Sample[] = [];
/** The open documents, the oldest first. */
const open: string[] = [];
let keystrokes = 0;
let shown = 0;
let answers = 0;
writeFileSync(csv, `${COLUMNS.join(",")}\n`);
const sampling = setInterval(() => {
  const seconds = Math.round((performance.now() - began) / 1000);
  const sample = { seconds, ...measure(pid, storage), keystrokes, answers };
  samples.push(sample);
  appendFileSync(csv, `${COLUMNS.map((name) => sample[name]).join(",")}\n`);
}, SAMPLE_MS);

await Promise.all([work(), chat()]);
clearInterval(sampling);
await client.stop();
const warmSeconds = Math.min(WARM_SECONDS, (minutes * 60) / 5);
const lines = verdict(samples, warmSeconds);
console.log(`${keystrokes} keystrokes, ${shown} suggestions, ${answers} answers in ${minutes} min; ${csv}`);
console.log(`between ${Math.round(warmSeconds)} s and the end:\n  ${lines.join("\n  ")}`);
process.exit(lines.some((line) => line.startsWith("GREW")) ? 1 : 0);

function isOver(): boolean {
  return performance.now() - began > minutes * 60_000;
}

/** Types pieces of files one after another. */
async function work(): Promise<void> {
  for (let round = 0; !isOver(); round++) {
    const name = files[random.below(files.length)] ?? assert.fail();
    const text = readFileSync(join(root, "engine", name), "utf8");
    const uri = `file:///soak/${round}/${name}`;
    await typePiece(uri, name, text, random.below(Math.max(1, text.length - STRETCH)));
    open.push(uri);
    if (open.length > OPEN_DOCUMENTS) client.notify(protocol.documentClosed, { uri: open.shift() ?? "" });
  }
}

async function typePiece(uri: string, path: string, text: string, start: number): Promise<void> {
  let version = 1;
  let cursor = start;
  const rest = text.slice(start + STRETCH);
  client.notify(protocol.documentOpened, {
    uri,
    path,
    languageId: "typescript",
    version,
    text: text.slice(0, start) + rest,
  });
  client.notify(protocol.cursorMoved, { uri, version, offset: cursor });
  const insert = (piece: string) => {
    const changes = [{ offset: cursor, length: 0, text: piece }];
    client.notify(protocol.documentChanged, { uri, baseVersion: version, version: ++version, changes });
    cursor += piece.length;
  };
  let running = new CancellationTokenSource();
  while (cursor < start + STRETCH && cursor < text.length && !isOver()) {
    insert(text[cursor] ?? "");
    keystrokes++;
    running.cancel();
    running = new CancellationTokenSource();
    const { token } = running;
    const asked = client.complete({ uri, version, offset: cursor, trigger: "automatic" }, token);
    const pause = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5 + random.below(60)));
    const answer = await Promise.race([asked, pause]);
    if (answer?.kind !== "shown") continue;
    shown++;
    // Accepted if the file continues like this; otherwise typing goes on.
    if (text.startsWith(answer.text, cursor) && answer.text !== "") insert(answer.text);
    else if (random.below(4) === 0) client.notify(protocol.suggestionDismissed, { uri });
  }
  running.cancel();
  client.notify(protocol.documentSaved, { uri });
}

/** Asks something every few seconds, in conversations that are made and removed. */
async function chat(): Promise<void> {
  const ids: string[] = [];
  for (let asked = 0; !isOver(); asked++) {
    if (asked % TURNS === 0) {
      ids.push((await client.request(protocol.chatOpen, { id: "new" })).id);
      const oldest = ids.length > CONVERSATIONS ? ids.shift() : undefined;
      if (oldest !== undefined) await client.request(protocol.chatRemove, { id: oldest });
    }
    const name = files[random.below(files.length)] ?? assert.fail();
    const text = `What does this do?\n${readFileSync(join(root, "engine", name), "utf8").slice(0, 400)}`;
    const action = { type: "ask" as const, text, attachments: [] };
    const asking = client.request(protocol.chatAct, { conversation: ids.at(-1) ?? "", action }, NONE);
    const limit = setTimeout(() => {
      const stop = { conversation: ids.at(-1) ?? "", action: { type: "stop" as const } };
      client.request(protocol.chatAct, stop).catch(() => {});
    }, 3_000);
    await asking.catch((error: unknown) => {
      if (!isOver()) throw error;
    });
    clearTimeout(limit);
    answers++;
    await new Promise((resolve) => setTimeout(resolve, 500 + random.below(2000)));
  }
}
