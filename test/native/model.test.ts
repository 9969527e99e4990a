/** What must hold for any model, on one of random weights with every odd size there is. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { parseShape, synthesise } from "../../engine/models/synth.ts";
import {
  type GenerateRequest,
  GREEDY,
  type LoadOptions,
  loadAddon,
  type NativeModel,
  Priority,
} from "../../engine/native.ts";
import { root } from "../unit/root.ts";

const addon = loadAddon(root);

/** Deterministic token ids; the first is BOS-like and all lie in the vocabulary. */
function promptOf(length: number, seed = 1): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 10 + (state % 200);
  });
}

function request(tokens: Uint32Array, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    tokens,
    maxTokens: 8,
    sampling: GREEDY,
    stop: [],
    stopTokens: new Uint32Array(),
    priority: Priority.inline,
    ...changes,
  };
}

describe("a loaded model", function () {
  this.timeout(60000);
  let folder: string;
  let pack: string;
  let model: NativeModel;

  const load = (options: LoadOptions = {}) => addon.loadModel(pack, { threads: 1, ...options });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sterna-model-"));
    const gguf = join(folder, "small.gguf");
    await synthesise(gguf, { shape: parseShape("256x3x4x2x384"), type: "I2_S", seed: 7 });
    pack = await resolvePack(gguf, folder, { layout: addon.preferredLayout() });
    model = await load();
  });

  after(async () => {
    await model?.close();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(() => model.clearCache());

  it("rates the first tokens behind the forced text, and ends where together they are too unlikely", async () => {
    const prompt = promptOf(40);
    const forcedPrefix = model.tokenizer.decode(Uint32Array.of(300)).slice(0, 1);
    for (const changes of [{}, { forcedPrefix }]) {
      const plain = await model.generate(request(prompt, changes)).done;
      assert.equal(plain.probabilities.length, 0);
      const rated = await model.generate(request(prompt, { ...changes, ratedTokens: 5 })).done;
      assert.deepEqual(rated.tokens, plain.tokens);
      assert.equal(rated.probabilities.length, 5);
      const unforced = "forcedPrefix" in changes ? 1 : 0;
      for (let i = unforced; i < 5; i++) {
        const before = Uint32Array.from([...prompt, ...plain.tokens.subarray(0, i)]);
        const logits = (await model.logits(before, "int8")).slice(-model.config.vocabSize);
        const own = logits[plain.tokens[i] ?? 0] ?? 0;
        const expected = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - own), 0);
        const actual = rated.probabilities[i] ?? 0;
        assert.ok(Math.abs(actual - expected) < 1e-6, `${i}: ${actual}, not ${expected}`);
      }
      const at = 3;
      const floor = rated.probabilities.subarray(0, at + 1).reduce((joint, p) => joint * p, 1.001);
      const short = await model.generate(request(prompt, { ...changes, ratedTokens: 5, floor })).done;
      assert.deepEqual([short.reason, short.tokens], ["unsure", plain.tokens.subarray(0, at)]);
      assert.deepEqual(short.probabilities, rated.probabilities.subarray(0, at + 1));
    }
  });

  describe("with the n-gram cache", () => {
    const lines = "const width = read(box);\nconst height = count(all);\n";
    /** Random weights expect nothing in particular, so a place that agrees decides. */
    const CASES: [what: string, before: string, forcedPrefix: string, text: string][] = [
      ["goes on as the text does elsewhere", `${lines}const width =`, "", " read(box);"],
      ["ends half a word", `${lines}const wid`, "wid", "th = read(box);"],
      ["ends half a word behind another character", `${lines.repeat(8)}x.hei`, ".hei", "ght ="],
    ];
    for (const [what, before, forcedPrefix, text] of CASES) {
      it(what, async () => {
        const changes = { ngramTexts: [before], forcedPrefix, stop: ["\n"], maxTokens: 24, ratedTokens: 24 };
        const result = await model.generate(request(promptOf(40), changes)).done;
        assert.ok(result.text.startsWith(text), result.text);
        const { ngramTexts, ...alone } = changes;
        const other = await model.generate(request(promptOf(40), alone)).done;
        assert.ok(!other.text.startsWith(text), other.text);
        const joint = (probabilities: Float32Array) => probabilities.reduce((product, p) => product * p, 1);
        assert.ok(joint(result.probabilities) > joint(other.probabilities));
      });
    }

    it("gives the same text drafted or not, greedy or drawn", async () => {
      const before = lines.repeat(3);
      for (const temperature of [0, 0.8]) {
        const changes = {
          ngramTexts: [before],
          maxTokens: 60,
          ratedTokens: 60,
          sampling: { ...GREEDY, temperature, seed: 3 },
        };
        const draft = model.tokenizer.encode(before);
        const drafted = await model.generate(request(promptOf(40), { ...changes, draft })).done;
        const plain = await model.generate(request(promptOf(40), { ...changes, drafts: false })).done;
        assert.deepEqual(drafted.tokens, plain.tokens);
        assert.deepEqual(drafted.probabilities, plain.probabilities);
      }
    });
  });

  it("says where the time of a generation went", async () => {
    const result = await model.generate(request(promptOf(150), { maxTokens: 20 })).done;
    const heads = model.memory.headBytes;
    for (const [phases, total, headBytes] of [
      [result.prefillPhases, result.prefillMs, heads],
      [result.decodePhases, result.decodeMs, heads * result.decodedTokens],
    ] as const) {
      const parts = [phases.bodyMs, phases.attentionMs, phases.headMs, phases.otherMs];
      assert.ok(
        parts.every((ms) => ms > 0),
        JSON.stringify(phases),
      );
      const sum = parts.reduce((a, b) => a + b, 0);
      assert.ok(sum <= total && sum > total / 2, `${JSON.stringify(phases)} of ${total} ms`);
      // A head that proves its choice may read less than all of it, and some of it twice.
      assert.ok(phases.headBytes > 0 && phases.headBytes < 2 * headBytes, `${phases.headBytes} of ${headBytes}`);
    }
  });

  describe("numerics", () => {
    it("do not depend on the number of threads, bit for bit", async () => {
      const prompt = promptOf(150);
      const one = await model.logits(prompt, "int8");
      for (const threads of [2, 3]) {
        const other = await load({ threads });
        assert.deepEqual(Buffer.from((await other.logits(prompt, "int8")).buffer), Buffer.from(one.buffer));
        await other.close();
      }
    });

    it("do not depend on the kernel set, bit for bit", async () => {
      const prompt = promptOf(70);
      const best = await model.logits(prompt, "int8");
      assert.ok(addon.info().kernels.length >= 1);
      for (const kernel of addon.info().kernels) {
        const other = await load({ kernel });
        assert.equal(other.kernel, kernel);
        assert.deepEqual(Buffer.from((await other.logits(prompt, "int8")).buffer), Buffer.from(best.buffer), kernel);
        await other.close();
      }
    });

    it("of a position do not depend on what is computed behind it in the same batch", async () => {
      const prompt = promptOf(130);
      const vocab = model.config.vocabSize;
      const whole = await model.logits(prompt, "int8");
      for (const length of [1, 2, 3, 63, 64, 65, 128]) {
        const part = await model.logits(prompt.slice(0, length), "int8");
        assert.deepEqual(part, whole.slice(0, length * vocab), `first ${length} tokens`);
      }
    });

    /** Sampling at temperature 1 over the full vocabulary: one differing logit bit would soon change the text. */
    const sampled = { ...GREEDY, temperature: 1, seed: 42 };

    it("do not depend on the cache: fed whole, in pieces, or after a hit", async () => {
      const prompt = promptOf(140);
      const want = await model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(want.cachedTokens, 0);

      const hit = await model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(hit.cachedTokens, 139);
      assert.equal(hit.prefilledTokens, 1);
      assert.deepEqual(hit.tokens, want.tokens);

      model.clearCache();
      for (const length of [1, 2, 5, 64, 65, 66, 100, 139]) {
        await model.generate(request(prompt.slice(0, length), { maxTokens: 0 })).done;
      }
      const pieces = await model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.equal(pieces.cachedTokens, 139);
      assert.deepEqual(pieces.tokens, want.tokens);

      // Another continuation in the same slot, then back: the divergent part must be gone.
      await model.generate(request(Uint32Array.from([...prompt.slice(0, 100), ...promptOf(20, 9)]))).done;
      const back = await model.generate(request(prompt, { maxTokens: 60, sampling: sampled })).done;
      assert.ok(back.cachedTokens >= 100);
      assert.deepEqual(back.tokens, want.tokens);
    });

    it("of the logits call equal those that generation uses", async () => {
      const prompt = promptOf(20);
      const vocab = model.config.vocabSize;
      const last = (await model.logits(prompt, "int8")).slice(-vocab);
      const best = last.reduce((at, value, i) => (value > last[at]! ? i : at), 0);
      const result = await model.generate(request(prompt, { maxTokens: 1 })).done;
      assert.deepEqual(Array.from(result.tokens), [best]);
    });

    it("of the int8 head are close to those of the f16 head", async () => {
      const f16 = await load({ head: "f16" });
      const prompt = promptOf(40);
      const a = await model.logits(prompt, "float");
      const b = await f16.logits(prompt, "float");
      await f16.close();
      let error = 0;
      let power = 0;
      a.forEach((value, i) => {
        error += (value - b[i]!) ** 2;
        power += b[i]! ** 2;
      });
      // Eight bits a weight: a relative error of about 2^-8 / sqrt(3) against the row's largest weight.
      assert.ok(error > 0 && Math.sqrt(error / power) < 0.02, String(Math.sqrt(error / power)));
    });
  });

  describe("generation", () => {
    it("streams the text in order and whole", async () => {
      const parts: string[] = [];
      const result = await model.generate(request(promptOf(5), { maxTokens: 40 }), (text) => parts.push(text)).done;
      assert.equal(parts.join(""), result.text);
      assert.equal(result.text, model.tokenizer.decode(result.tokens));
      assert.equal(result.reason, "length");
      assert.equal(result.tokens.length, 40);
      assert.equal(result.decodedTokens, 39);
    });

    it("ends before a stop string and before a stop token", async () => {
      const prompt = promptOf(5);
      const free = await model.generate(request(prompt, { maxTokens: 30 })).done;
      const stop = free.text.slice(6, 8);
      const cut = await model.generate(request(prompt, { maxTokens: 30, stop: [stop] })).done;
      assert.equal(cut.reason, "stop-text");
      assert.equal(cut.text, free.text.slice(0, free.text.indexOf(stop)));

      const token = free.tokens[4]!;
      const before = await model.generate(request(prompt, { maxTokens: 30, stopTokens: Uint32Array.of(token) })).done;
      assert.equal(before.reason, "stop-token");
      assert.deepEqual(before.tokens, free.tokens.slice(0, free.tokens.indexOf(token)));
    });

    it("begins with a forced text, chosen among all tokens that agree with it, and leaves it out of the text", async () => {
      const { tokenizer } = model;
      const texts = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.decode(Uint32Array.of(id)));
      // Control tokens decode to nothing, bytes that are no text to U+FFFD: neither can agree with ASCII.
      for (const forcedPrefix of ["t", "the re", "(x)\n=", "  ", "zzzzz"]) {
        const prompt = promptOf(12);
        const want: number[] = [];
        let rest = forcedPrefix;
        for (let step = 0; step < 10; step++) {
          const logits = (await model.logits(Uint32Array.from([...prompt, ...want]), "int8")).slice(-texts.length);
          let best = -1;
          logits.forEach((value, id) => {
            const text = texts[id] ?? "";
            const agrees = rest === "" || (text !== "" && (text.startsWith(rest) || rest.startsWith(text)));
            if (agrees && (best === -1 || value > logits[best]!)) best = id;
          });
          want.push(best);
          rest = rest.slice(Math.min(rest.length, texts[best]!.length));
        }
        const result = await model.generate(request(prompt, { maxTokens: 10, forcedPrefix })).done;
        assert.deepEqual(Array.from(result.tokens), want, JSON.stringify(forcedPrefix));
        assert.equal(forcedPrefix + result.text, tokenizer.decode(result.tokens));
      }
    });

    it("looks for stop strings behind the forced text", async () => {
      const result = await model.generate(request(promptOf(5), { maxTokens: 30, forcedPrefix: "a\nb", stop: ["\n"] }))
        .done;
      assert.ok(model.tokenizer.decode(result.tokens).startsWith("a\nb"));
      assert.ok(!result.text.includes("\n"));
    });

    it("repeats itself with the same seed and differs with another", async () => {
      const run = async (seed: number) =>
        (
          await model.generate(request(promptOf(9), { maxTokens: 24, sampling: { ...GREEDY, temperature: 1.5, seed } }))
            .done
        ).tokens;
      assert.deepEqual(await run(1), await run(1));
      assert.notDeepEqual(await run(1), await run(2));
    });

    it("ends when the context is full", async () => {
      const short = await load({ contextLength: 32 });
      assert.equal(short.config.contextLength, 32);
      const result = await short.generate(request(promptOf(30), { maxTokens: 100 })).done;
      assert.equal(result.reason, "context");
      assert.equal(result.tokens.length, 3);
      assert.throws(() => short.generate(request(promptOf(33))), /33 tokens, the context holds 32/);
      await short.close();
    });

    it("is cancelled in the middle of a prompt, and what was computed stays right", async () => {
      const prompt = promptOf(1500);
      const running = model.generate(request(prompt));
      setTimeout(() => running.cancel(), 5);
      const result = await running.done;
      assert.equal(result.reason, "cancelled");
      assert.ok(result.prefilledTokens < prompt.length, String(result.prefilledTokens));
      const after = await model.generate(request(promptOf(200))).done;
      model.clearCache();
      assert.deepEqual((await model.generate(request(promptOf(200))).done).tokens, after.tokens);
    });

    it("of chat pauses while an inline request runs, then goes on to the same text", async () => {
      const prompt = promptOf(50, 3);
      const chatRequest = request(prompt, { maxTokens: 400, priority: Priority.chat });
      const want = await model.generate(chatRequest).done;
      model.clearCache();

      const order: string[] = [];
      const chat = model.generate(chatRequest);
      const chatDone = chat.done.then((result) => {
        order.push("chat");
        return result;
      });
      const inline = await model.generate(request(promptOf(20, 4))).done;
      order.push("inline");
      assert.equal(inline.reason, "length");
      assert.deepEqual((await chatDone).tokens, want.tokens);
      assert.deepEqual(order, ["inline", "chat"]);
    });

    it("of chat gives up its part of a small cache to an inline request and still ends with the same text", async () => {
      const single = await load({ cacheMegabytes: 1 });
      const chatRequest = request(promptOf(50, 3), { maxTokens: 200, priority: Priority.chat });
      const want = await single.generate(chatRequest).done;
      single.clearCache();
      const chat = single.generate(chatRequest);
      const inline = await single.generate(request(promptOf(20, 4))).done;
      assert.equal(inline.tokens.length, 8);
      assert.deepEqual((await chat.done).tokens, want.tokens);
      await single.close();
    });

    it("refuses nonsense with one line", () => {
      const bad: [Partial<Record<keyof GenerateRequest, unknown>>, RegExp][] = [
        [{ tokens: new Uint32Array() }, /prompt is empty/],
        [{ tokens: Uint32Array.of(4_000_000_000) }, /not in the vocabulary/],
        [{ tokens: [1, 2] }, /tokens must be a Uint32Array/],
        [{ maxTokens: -1 }, /maxTokens must be a whole number/],
        [{ maxTokens: 1.5 }, /maxTokens must be a whole number/],
        [{ sampling: { ...GREEDY, temperature: Number.NaN } }, /temperature must be a finite number/],
        [{ sampling: { ...GREEDY, temperature: -1 } }, /temperature/],
        [{ sampling: { ...GREEDY, seed: -1 } }, /seed/],
        [{ forcedPrefix: 1 }, /forcedPrefix must be a string/],
        [{ ngramTexts: "x" }, /ngramTexts must be an array of strings/],
        [{ ngramTexts: ["x".repeat(1 << 24), "y"] }, /ngramTexts has 16777217 bytes, more than 16777216/],
        [{ ratedTokens: -1 }, /ratedTokens/],
        [{ floor: "x" }, /floor/],
        [{ stop: "x" }, /stop must be an array of strings/],
        [{ stop: [1] }, /stop must be an array of strings/],
        [{ priority: 9 }, /priority/],
        [{ activations: "int4" }, /activations must be one of/],
      ];
      for (const [change, message] of bad) {
        assert.throws(() => model.generate({ ...request(promptOf(3)), ...change } as GenerateRequest), message);
      }
    });
  });

  describe("loading", () => {
    it("rejects options that make no sense", async () => {
      assert.throws(() => load({ threads: 0 }), /threads must be a whole number/);
      assert.throws(() => load({ cacheMegabytes: 0 }), /cacheMegabytes must be a whole number/);
      await assert.rejects(
        load({ kernel: "abacus" }),
        /kernel set "abacus" cannot run on this machine; choose one of scalar/,
      );
    });

    it("closing cancels what runs, and the model then says that it is closed", async () => {
      const other = await load();
      const running = other.generate(request(promptOf(1000), { maxTokens: 500 }));
      await other.close();
      assert.equal((await running.done).reason, "cancelled");
      assert.throws(() => other.generate(request(promptOf(3))), /closed/);
    });

    it("refuses a pack that is cut short or has any byte changed, naming the file", async () => {
      const good = await readFile(pack);
      const path = join(folder, "bad.pack");
      const refused = async (bytes: Uint8Array, what: string) => {
        await writeFile(path, bytes);
        await assert.rejects(addon.loadModel(path, { threads: 1 }), (error: Error) => {
          assert.ok(error.message.startsWith(`${path}: `), `${what}: ${error.message}`);
          assert.ok(!error.message.includes("\n"), what);
          return true;
        });
      };
      for (const length of [0, 1, 255, 256, 300, 5000, good.length >> 1, good.length - 1]) {
        await refused(good.subarray(0, length), `cut to ${length}`);
      }
      // Sections are padded to 4096; the padding is nobody's, so only bytes of header, table and sections are changed.
      const view = new DataView(good.buffer, good.byteOffset);
      const offsets = Array.from({ length: 256 + 64 * view.getUint32(24, true) }, (_, i) => i).filter(
        (i) => i % 7 === 0,
      );
      for (let i = 0; i < view.getUint32(24, true); i++) {
        const entry = 256 + 64 * i;
        const size = Number(view.getBigUint64(entry + 16, true));
        offsets.push(Number(view.getBigUint64(entry + 8, true)) + Math.floor(size / 2));
      }
      for (const offset of offsets) {
        const bytes = Buffer.from(good);
        bytes[offset] = bytes[offset]! ^ 0x10;
        await refused(bytes, `byte ${offset}`);
      }
    });

    it("says which file is missing", async () => {
      await assert.rejects(addon.loadModel(join(folder, "no.pack")), /no\.pack: cannot be opened: No such file/);
      await assert.rejects(addon.loadModel(folder), /not a regular file/);
    });
  });
});

describe("the addon", () => {
  it("passes its known-answer test with every kernel set", () => {
    const results = addon.selfTest();
    assert.deepEqual(
      results.map((result) => result.kernel),
      addon.info().kernels,
    );
    for (const result of results) assert.ok(result.ok, `${result.kernel}: ${result.detail}`);
    assert.equal(results[0]?.kernel, "scalar");
  });
});
