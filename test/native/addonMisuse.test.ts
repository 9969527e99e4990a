/** Calls of the addon that only misuse can make: they must throw and never end the process. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import { type GenerateRequest, GREEDY, loadAddon, type NativeModel, Priority } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";

const addon = loadAddon(root);

describe("the addon, misused,", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  let pack: string;
  let model: NativeModel;

  before(async () => {
    const shape = { ...parseShape("64x2x2x1x96"), vocabSize: 611, contextLength: 96 };
    await synthesise(folder.path("model.gguf"), { shape, type: "F16", seed: 3 });
    pack = await resolvePack(folder.path("model.gguf"), folder.path("packs"), { layout: "t2", onProgress: () => {} });
    model = await addon.loadModel(pack, { threads: 1 });
  });

  after(() => model.close());

  it("refuses a request that is missing", () => {
    for (const request of [undefined, null]) {
      assert.throws(() => model.generate(request as unknown as GenerateRequest), {
        name: "TypeError",
        message: "tokens must be a Uint32Array of token ids",
      });
    }
  });

  it("refuses properties that are read from an object of another kind", () => {
    const { tokenizer } = model;
    for (const [from, to, name] of [
      [model, tokenizer, "config"],
      [model, tokenizer, "memory"],
      [model, {}, "threads"],
      [tokenizer, model, "special"],
      [tokenizer, Object.getPrototypeOf(tokenizer), "size"],
    ] as const) {
      const getter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(from), name)?.get;
      assert.ok(getter !== undefined, name);
      assert.throws(() => Reflect.apply(getter, to, []), TypeError, name);
    }
  });

  it("goes on with a request that closes the model while it is read", async () => {
    const other = await addon.loadModel(pack, { threads: 1 });
    let closed: Promise<void> | undefined;
    const { done } = other.generate({
      tokens: Uint32Array.of(20, 21, 22),
      maxTokens: 8,
      sampling: GREEDY,
      get stop(): string[] {
        closed = other.close();
        return [];
      },
      stopTokens: new Uint32Array(),
      priority: Priority.inline,
    });
    assert.ok(["cancelled", "length"].includes((await done).reason));
    await closed;
    assert.throws(() => other.threads, /closed/);
  });

  it("answers in one line, whatever a name holds", async () => {
    const name = "a\nb\tc";
    assert.throws(() => addon.preferredLayouts(name), /^Error: kernel set "a b c" cannot run on this machine/);
    await assert.rejects(addon.loadModel(pack, { kernel: name }), /^Error: kernel set "a b c"/);
    await assert.rejects(addon.loadModel(folder.path(name)), /a b c: cannot be opened/);
  });

  it("by 600 random calls, computes what it computed before", () => {
    const script = join(root, "dist/test/fuzz/addon.mjs");
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, "11", "600"], { encoding: "utf8" });
    assert.equal(status, 0, stderr.slice(-3000));
    assert.match(stdout, /^600 calls, \d{2,} kinds of answer\n$/);
  });
});
