/** What every model must do when it generates, tested on one of random weights. */
import assert from "node:assert/strict";
import { type GenerateRequest, GREEDY, Priority } from "../../engine/native.ts";
import { promptOf, request, withSmallModel } from "./smallModel.ts";

describe("a loaded model", function () {
  this.timeout(60000);
  const small = withSmallModel();

  it("rates the first tokens behind the forced text, and ends where together they are too unlikely", async () => {
    const prompt = promptOf(40);
    const forcedPrefix = small.model.tokenizer.decode(Uint32Array.of(300)).slice(0, 1);
    for (const changes of [{}, { forcedPrefix }]) {
      const plain = await small.model.generate(request(prompt, changes)).done;
      assert.equal(plain.probabilities.length, 0);
      const rated = await small.model.generate(request(prompt, { ...changes, ratedTokens: 5 })).done;
      assert.deepEqual(rated.tokens, plain.tokens);
      assert.equal(rated.probabilities.length, 5);
      const unforced = "forcedPrefix" in changes ? 1 : 0;
      for (let i = unforced; i < 5; i++) {
        const before = Uint32Array.from([...prompt, ...plain.tokens.subarray(0, i)]);
        const logits = (await small.model.logits(before, "int8")).slice(-small.model.config.vocabSize);
        const own = logits[plain.tokens[i] ?? 0] ?? 0;
        const expected = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - own), 0);
        const actual = rated.probabilities[i] ?? 0;
        assert.ok(Math.abs(actual - expected) < 1e-6, `${i}: ${actual}, not ${expected}`);
      }
      const at = 3;
      const minConfidence = rated.probabilities.subarray(0, at + 1).reduce((joint, p) => joint * p, 1.001);
      const short = await small.model.generate(request(prompt, { ...changes, ratedTokens: 5, minConfidence })).done;
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
        const result = await small.model.generate(request(promptOf(40), changes)).done;
        assert.ok(result.text.startsWith(text), result.text);
        const { ngramTexts, ...alone } = changes;
        const other = await small.model.generate(request(promptOf(40), alone)).done;
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
        const draft = small.model.tokenizer.encode(before);
        const drafted = await small.model.generate(request(promptOf(40), { ...changes, draft })).done;
        const plain = await small.model.generate(request(promptOf(40), { ...changes, drafts: false })).done;
        assert.deepEqual(drafted.tokens, plain.tokens);
        assert.deepEqual(drafted.probabilities, plain.probabilities);
      }
    });
  });

  it("says where the time of a generation went", async () => {
    // On a busy machine the process may lose the processor between two phases, so the best of some runs counts.
    let shares = [0, 0];
    for (let run = 0; run < 20 && shares.some((share) => share <= 0.5); run++) {
      const result = await small.model.generate(request(promptOf(150, run), { maxTokens: 20 })).done;
      const heads = small.model.memory.headBytes;
      const phases = [
        [result.prefillPhases, result.prefillMs, heads],
        [result.decodePhases, result.decodeMs, heads * result.decodedTokens],
      ] as const;
      shares = phases.map(([{ bodyMs, attentionMs, headMs, otherMs, headBytes }, total, most], which) => {
        const parts = [bodyMs, attentionMs, headMs, otherMs];
        assert.ok(
          parts.every((ms) => ms > 0),
          JSON.stringify(parts),
        );
        const sum = parts.reduce((a, b) => a + b, 0);
        assert.ok(sum <= total, `${JSON.stringify(parts)} of ${total} ms`);
        // A head that proves its choice may read less than all of it, and some of it twice.
        assert.ok(headBytes > 0 && headBytes < 2 * most, `${headBytes} of ${most}`);
        return Math.max(shares[which] ?? 0, sum / total);
      });
    }
    assert.ok(
      shares.every((share) => share > 0.5),
      JSON.stringify(shares),
    );
  });

  describe("generation", () => {
    it("streams the text in order and whole", async () => {
      const parts: string[] = [];
      const result = await small.model.generate(request(promptOf(5), { maxTokens: 40 }), (text) => parts.push(text))
        .done;
      assert.equal(parts.join(""), result.text);
      assert.equal(result.text, small.model.tokenizer.decode(result.tokens));
      assert.equal(result.reason, "length");
      assert.equal(result.tokens.length, 40);
      assert.equal(result.decodedTokens, 39);
    });

    it("ends before a stop string and before a stop token", async () => {
      const prompt = promptOf(5);
      const free = await small.model.generate(request(prompt, { maxTokens: 30 })).done;
      const stop = free.text.slice(6, 8);
      const cut = await small.model.generate(request(prompt, { maxTokens: 30, stop: [stop] })).done;
      assert.equal(cut.reason, "stop-text");
      assert.equal(cut.text, free.text.slice(0, free.text.indexOf(stop)));

      const token = free.tokens[4]!;
      const before = await small.model.generate(request(prompt, { maxTokens: 30, stopTokens: Uint32Array.of(token) }))
        .done;
      assert.equal(before.reason, "stop-token");
      assert.deepEqual(before.tokens, free.tokens.slice(0, free.tokens.indexOf(token)));
    });

    it("begins with a forced text, chosen among all tokens that agree with it, and leaves it out of the text", async () => {
      const { tokenizer } = small.model;
      const texts = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.decode(Uint32Array.of(id)));
      // Control tokens decode to nothing, bytes that are no text to U+FFFD: neither can agree with ASCII.
      for (const forcedPrefix of ["t", "the re", "(x)\n=", "  ", "zzzzz"]) {
        const prompt = promptOf(12);
        const want: number[] = [];
        let rest = forcedPrefix;
        for (let step = 0; step < 10; step++) {
          const logits = (await small.model.logits(Uint32Array.from([...prompt, ...want]), "int8")).slice(
            -texts.length,
          );
          let best = -1;
          logits.forEach((value, id) => {
            const text = texts[id] ?? "";
            const agrees = rest === "" || (text !== "" && (text.startsWith(rest) || rest.startsWith(text)));
            if (agrees && (best === -1 || value > logits[best]!)) best = id;
          });
          want.push(best);
          rest = rest.slice(Math.min(rest.length, texts[best]!.length));
        }
        const result = await small.model.generate(request(prompt, { maxTokens: 10, forcedPrefix })).done;
        assert.deepEqual(Array.from(result.tokens), want, JSON.stringify(forcedPrefix));
        assert.equal(forcedPrefix + result.text, tokenizer.decode(result.tokens));
      }
    });

    it("looks for stop strings behind the forced text", async () => {
      const result = await small.model.generate(
        request(promptOf(5), { maxTokens: 30, forcedPrefix: "a\nb", stop: ["\n"] }),
      ).done;
      assert.ok(small.model.tokenizer.decode(result.tokens).startsWith("a\nb"));
      assert.ok(!result.text.includes("\n"));
    });

    it("repeats itself with the same seed and differs with another", async () => {
      const run = async (seed: number) =>
        (
          await small.model.generate(
            request(promptOf(9), { maxTokens: 24, sampling: { ...GREEDY, temperature: 1.5, seed } }),
          ).done
        ).tokens;
      assert.deepEqual(await run(1), await run(1));
      assert.notDeepEqual(await run(1), await run(2));
    });

    it("ends when the context is full", async () => {
      const short = await small.load({ contextLength: 32 });
      assert.equal(short.config.contextLength, 32);
      const result = await short.generate(request(promptOf(30), { maxTokens: 100 })).done;
      assert.equal(result.reason, "context");
      assert.equal(result.tokens.length, 3);
      assert.throws(() => short.generate(request(promptOf(33))), /33 tokens, the context holds 32/);
      await short.close();
    });

    it("is cancelled in the middle of a prompt, and what was computed stays right", async () => {
      const prompt = promptOf(1500);
      const running = small.model.generate(request(prompt));
      setTimeout(() => running.cancel(), 5);
      const result = await running.done;
      assert.equal(result.reason, "cancelled");
      assert.ok(result.prefilledTokens < prompt.length, String(result.prefilledTokens));
      const after = await small.model.generate(request(promptOf(200))).done;
      small.model.clearCache();
      assert.deepEqual((await small.model.generate(request(promptOf(200))).done).tokens, after.tokens);
    });

    it("of chat pauses while an inline request runs, then goes on to the same text", async () => {
      const prompt = promptOf(50, 3);
      const chatRequest = request(prompt, { maxTokens: 400, priority: Priority.chat });
      const want = await small.model.generate(chatRequest).done;
      small.model.clearCache();

      const order: string[] = [];
      const chat = small.model.generate(chatRequest);
      const chatDone = chat.done.then((result) => {
        order.push("chat");
        return result;
      });
      const inline = await small.model.generate(request(promptOf(20, 4))).done;
      order.push("inline");
      assert.equal(inline.reason, "length");
      assert.deepEqual((await chatDone).tokens, want.tokens);
      assert.deepEqual(order, ["inline", "chat"]);
    });

    it("of chat gives up its part of a small cache to an inline request and still ends with the same text", async () => {
      const single = await small.load({ cacheMegabytes: 1 });
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
        [{ minConfidence: "x" }, /minConfidence/],
        [{ stop: "x" }, /stop must be an array of strings/],
        [{ stop: [1] }, /stop must be an array of strings/],
        [{ priority: 9 }, /priority/],
        [{ activations: "int4" }, /activations must be one of/],
      ];
      for (const [change, message] of bad) {
        assert.throws(() => small.model.generate({ ...request(promptOf(3)), ...change } as GenerateRequest), message);
      }
    });
  });
});
