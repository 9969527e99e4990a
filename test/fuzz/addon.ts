/**
 * Random calls of everything that the addon exports, in a process of their own, which a fault of the addon may end:
 *
 *   node addon.mjs SEED COUNT          so many calls
 *   node addon.mjs SEED MINUTESmin     for so long
 *
 * With STERNA_FUZZ_TRACE every call is printed before it is made. Every call must return, or throw one line, or throw
 * the error that was passed in; and the model must still compute what it computed before.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { resolvePack } from "../../engine/models/store.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import { type GenerateRequest, GREEDY, type LoadOptions, loadAddon, type NativeModel } from "../../engine/native.ts";
import { root } from "../unit/root.ts";
import { Random } from "../unit/support/testRandom.ts";
import { anyNumber, anyObject, anyText, anyTokens, anything, Mark, throwMark } from "./values.ts";

/** Milliseconds. Calls on the tiny model take much less, even with sanitizers. */
const LONGEST_MS = 60_000;
const CHECK_EVERY = 100;

const [seedText = "1", limit = "1000"] = process.argv.slice(2);
const random = new Random(Number(seedText));
const addon = loadAddon(root);
const folder = mkdtempSync(join(tmpdir(), "sterna-fuzz-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Errors thrown by `onText` arrive here, because nobody else catches them. */
process.on("uncaughtException", (error) => {
  if (error instanceof Mark) return;
  console.error("FINDING: uncaught", error);
  process.exit(1);
});

const source = join(folder, "model.gguf");
const shape = { ...parseShape("64x2x2x1x96"), vocabSize: 611, contextLength: 96 };
await synthesise(source, { shape, type: "F16", seed: 3 });
const pack = await resolvePack(source, folder, { layout: "t2", onProgress: () => {} });

const options = { threads: 2, cacheMegabytes: 1 } satisfies LoadOptions;
let model = await addon.loadModel(pack, options);
const vocabulary = bytesAlone();
const tokenizer = addon.createTokenizer(vocabulary);
const known = await answer(model);
/** Distinct outcomes: kinds of values, and messages without their numbers. */
const kinds = new Set<string>();

/** A vocabulary with only the single bytes. */
function bytesAlone(): Uint8Array {
  const blob = Buffer.alloc(64 + 4 * 257 + 256 + 256);
  blob.write("VOC1");
  blob.writeUInt32LE(256, 4);
  for (let role = 0; role < 6; role++) blob.writeInt32LE(-1, 20 + 4 * role);
  blob.writeUInt32LE(256, 44);
  for (let id = 0; id <= 256; id++) blob.writeUInt32LE(id, 64 + 4 * id);
  blob.fill(1, 64 + 4 * 257, 64 + 4 * 257 + 256);
  for (let byte = 0; byte < 256; byte++) blob[64 + 4 * 257 + 256 + byte] = byte;
  return blob;
}

async function answer(of: NativeModel): Promise<string> {
  of.clearCache();
  const { text, tokens } = await of.generate(requestOf({ maxTokens: 12 })).done;
  return `${text} ${tokens}`;
}

function requestOf(changes: object): GenerateRequest {
  const request = {
    tokens: Uint32Array.from({ length: 12 }, (_, i) => 20 + 7 * i),
    maxTokens: 4,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: 0,
  };
  // Copies getters as getters.
  return Object.defineProperties(request, Object.getOwnPropertyDescriptors(changes)) as unknown as GenerateRequest;
}

const REQUEST_FIELDS = [
  ...["tokens", "maxTokens", "sampling", "stop", "stopTokens", "forcedPrefix", "ratedTokens"],
  ...["minConfidence", "keepLogits"],
  ...["priority", "activations", "drafts", "script", "draft"],
];
const SAMPLING_FIELDS = ["temperature", "topK", "topP", "minP", "repetitionPenalty", "repetitionWindow", "seed"];
const SHORT = { megabytes: 1, passes: 1 };
const LOAD_FIELDS = ["threads", "head", "kernel", "contextLength", "cacheMegabytes"];

/** A value of the field's type, though not always one that is accepted. */
function fitting(name: string): unknown {
  if (/^tokens|Tokens$|^script|^draft$/.test(name) && name !== "maxTokens" && name !== "ratedTokens") {
    return anyTokens(random);
  }
  if (name === "sampling") return samplingOf();
  if (name === "stop") return Array.from({ length: random.below(4) }, () => anyText(random));
  if (name === "forcedPrefix" || name === "kernel" || name === "head" || name === "activations") return anyText(random);
  if (name === "keepLogits" || name === "drafts") return random.below(2) === 0;
  if (name === "maxTokens" || name === "ratedTokens") return random.below(80);
  return anyNumber(random);
}

function samplingOf(): object {
  const sampling: Record<string, unknown> = { ...GREEDY };
  for (const name of SAMPLING_FIELDS) {
    const kind = random.below(6);
    if (kind === 0) sampling[name] = anyNumber(random);
    else if (kind < 4) sampling[name] = /topK|Window|seed/.test(name) ? random.below(50) : random.next();
  }
  return sampling;
}

function fieldsOf(names: readonly string[]): object {
  const changes: Record<string, unknown> = {};
  for (const name of names) {
    const kind = random.below(24);
    if (kind < 5) changes[name] = fitting(name);
    else if (kind === 5) changes[name] = anything(random);
    else if (kind === 6 && random.below(6) === 0) {
      const reach = random.pick([throwMark, () => void model.close(), () => model.clearCache()]);
      Object.defineProperty(changes, name, { enumerable: true, get: () => reach() });
    }
  }
  return changes;
}

/** Objects with properties; a property of one may be called on another. */
const holders = (): [object, ...object[]] => [
  model,
  tokenizer,
  Object.getPrototypeOf(model),
  Object.getPrototypeOf(tokenizer),
  {},
];

interface Call {
  name: string;
  args: unknown[];
  make(): unknown;
}

function anyCall(): Call {
  const on = (name: string, target: object, method: string, ...args: unknown[]): Call => ({
    name: `${name}.${method}`,
    args,
    make: () => (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args),
  });
  switch (random.below(14)) {
    case 0:
      return on("addon", addon, "createTokenizer", random.below(3) === 0 ? anything(random) : bent(vocabulary));
    case 1:
      return on("tokenizer", tokenizer, "encode", textOrAnything(), anyObject(random, 1, ["bos", "special"]));
    case 2:
      return on("tokenizer", tokenizer, "decode", random.below(3) === 0 ? anything(random) : anyTokens(random));
    case 3:
      return on("tokenizer", tokenizer, "idOf", textOrAnything());
    case 4:
      return on("addon", addon, "loadModel", random.below(3) === 0 ? anything(random) : pack, fieldsOf(LOAD_FIELDS));
    case 5:
      return on(
        "model",
        model,
        "logits",
        random.below(4) === 0 ? anything(random) : anyTokens(random),
        kindOfNumbers(),
      );
    case 6:
      return borrowed();
    case 7:
      return random.below(2) === 0 ? constructed() : on("model", model, random.below(8) === 0 ? "close" : "clearCache");
    case 8:
      return on("addon", addon, random.pick(["info", "preferredLayouts"]), anything(random));
    case 9:
      // Without sizes valid options mean seconds of work.
      return on("addon", addon, "measureCeilings", Object.assign(fieldsOf(["threads", "kernel"]), SHORT));
    default:
      return generation();
  }
}

function textOrAnything(): unknown {
  return random.below(3) === 0 ? anything(random) : anyText(random);
}

function kindOfNumbers(): unknown {
  return random.below(4) === 0 ? anything(random) : random.pick(["int8", "float"]);
}

function bent(blob: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(blob);
  for (let i = random.below(4); i > 0; i--) copy[random.below(copy.length)] = random.below(256);
  return random.below(4) === 0 ? copy.subarray(0, random.below(copy.length)) : copy;
}

function generation(): Call {
  const request = random.below(20) === 0 ? anything(random) : requestOf(fieldsOf(REQUEST_FIELDS));
  const onText = random.pick<unknown>([undefined, () => {}, throwMark, anything(random)]);
  const cancelAfter = random.below(3) === 0 ? random.below(6) : -1;
  const from = model as unknown as { generate(...args: unknown[]): { cancel(): void; done: Promise<unknown> } };
  const make = async () => {
    const { cancel, done } = from.generate(request, onText);
    const result = done.then((value) => value);
    for (let i = 0; i < cancelAfter; i++) await new Promise(setImmediate);
    if (cancelAfter >= 0) cancel();
    return await result;
  };
  return { name: "model.generate", args: [request, onText, cancelAfter], make };
}

function borrowed(): Call {
  const [from, to] = [random.pick(holders()), random.pick(holders())];
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(from) ?? from);
  const name = names[random.below(Math.max(1, names.length))] ?? "config";
  const descriptor = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(from) ?? from, name);
  const use = descriptor?.get ?? descriptor?.value;
  const receiver = random.below(4) === 0 ? anything(random) : to;
  return {
    name: `borrowed ${name}`,
    args: [receiver],
    make: () =>
      typeof use === "function" && name !== "close" ? Reflect.apply(use, receiver, [anything(random)]) : undefined,
  };
}

function constructed(): Call {
  const target = random.pick(holders()).constructor as new (...args: unknown[]) => unknown;
  const args = random.below(2) === 0 ? [] : [anything(random)];
  return {
    name: `new ${target?.name}`,
    args,
    make: () => (random.below(2) === 0 ? new target(...args) : Reflect.apply(target, model, args)),
  };
}

function trace(name: string, args: unknown[]): void {
  let text = "(what cannot be shown)";
  try {
    text = inspect(args, { depth: 3, breakLength: 200, maxStringLength: 60, maxArrayLength: 12, showProxy: true });
  } catch {}
  console.error(name, text.replaceAll(/\s+/g, " "));
}

async function perform({ name, args, make }: Call): Promise<void> {
  if (process.env.STERNA_FUZZ_TRACE) trace(name, args);
  const entry = name.split(".")[1] ?? name;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`FINDING: no answer within ${LONGEST_MS} ms`)), LONGEST_MS);
  });
  try {
    const value = await Promise.race([make(), late]);
    kinds.add(
      `${entry} ${value === null ? "null" : typeof value} ${(value as { reason?: string } | null)?.reason ?? ""}`,
    );
    if (entry === "loadModel" && value instanceof Object && "close" in value) await (value as NativeModel).close();
  } catch (error) {
    if (error instanceof Mark) return;
    assert.ok(error instanceof Error, `${name} threw what is no error: ${inspect(error)}`);
    assert.ok(!/FINDING/.test(error.message), error.message);
    assert.ok(error.message !== "" && !/\n/.test(error.message), `${name}: ${inspect(error.message)} is not one line`);
    kinds.add(`${entry} ${error.name} ${error.message.replaceAll(/[\d.e+-]+/g, "0").slice(0, 60)}`);
  } finally {
    clearTimeout(timer);
  }
}

const minutes = /^([\d.]+)min$/.exec(limit)?.[1];
const end = minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + Number(minutes) * 60_000;
let calls = 0;
try {
  while (minutes === undefined ? calls < Number(limit) : performance.now() < end) {
    await perform(anyCall());
    calls++;
    if (isClosed()) model = await addon.loadModel(pack, options);
    if (calls % CHECK_EVERY === 0) {
      assert.equal(await answer(model), known, "the model computes what it computed before");
    }
  }
} catch (error) {
  console.error(`FINDING at call ${calls} of seed ${seedText}:`, error);
  process.exit(1);
}
await model.close();
console.log(`${calls} calls, ${kinds.size} kinds of answer`);
process.exit(0);

function isClosed(): boolean {
  try {
    return model.threads < 1;
  } catch {
    return true;
  }
}
