import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GenerateResult } from "../../engine/native.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { bundleSterna, sterna } from "../unit/support/sterna.ts";

type Generated = Omit<GenerateResult, "tokens"> & { name: string; tokens: number[] };

const PROMPTS = [
  { name: "one", tokens: [4346, 1, 2, 3] },
  { name: "two", tokens: [4346, 77] },
];

describe("sterna command with the native engine", function () {
  this.timeout(60_000);
  const folder = temporaryFolder();
  const run = async (...args: string[]) => {
    const outcome = await sterna(folder.path("storage"), ...args);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    return outcome.stdout;
  };
  let model = "";
  let tokens = "";

  before(async () => {
    await bundleSterna();
    model = folder.path("model.gguf");
    tokens = folder.path("prompts.json");
    writeFileSync(tokens, JSON.stringify(PROMPTS));
    await run("synth", "--shape", "256x2x4x2x512", "--type", "i2_s", model);
  });

  it("tokenizes by a model's vocabulary", async () => {
    assert.deepEqual(JSON.parse(await run("tokenize", model, "--text", "~zooé")), [126, 122, 560, 0xc3, 0xa9]);
    assert.deepEqual(JSON.parse(await run("tokenize", model, "--text", "", "--bos")), [4346]);
    const special = "<|fim_prefix|>";
    assert.deepEqual(JSON.parse(await run("tokenize", model, "--text", special, "--special")), [4349]);
    assert.notDeepEqual(JSON.parse(await run("tokenize", model, "--text", special)), [4349]);
  });

  it("tokenizes by a pack's vocabulary alike", async () => {
    const pack = (await run("import", model)).trim();
    const args = ["--text", "const x = 1; // ü"];
    assert.equal(await run("tokenize", pack, ...args), await run("tokenize", model, ...args));
  });

  it("writes the logits of every position, the last of which decide what is generated", async () => {
    const out = folder.path("logits.f32");
    const said = JSON.parse(await run("logits", model, "--tokens", tokens, "--out", out)) as Record<string, unknown>;
    assert.deepEqual([said.rows, said.columns], [6, 4352]);
    const bytes = readFileSync(out);
    const logits = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    assert.equal(logits.length, 6 * 4352);
    const best = (row: number) => {
      const values = logits.subarray(row * 4352, (row + 1) * 4352);
      return values.indexOf(Math.max(...values));
    };
    const args = ["generate", model, "--tokens", tokens, "--max", "3", "--json", "--head", "f16", "--ignore-end"];
    const { prompts } = JSON.parse(await run(...args)) as { prompts: Generated[] };
    assert.deepEqual(
      prompts.map(({ name, tokens: [first], promptTokens, decodedTokens, reason }) => ({
        name,
        first,
        promptTokens,
        decodedTokens,
        reason,
      })),
      [
        { name: "one", first: best(3), promptTokens: 4, decodedTokens: 2, reason: "length" },
        { name: "two", first: best(5), promptTokens: 2, decodedTokens: 2, reason: "length" },
      ],
    );
  });

  it("generates text, the same with the same seed", async () => {
    const args = ["generate", model, "--prompt", "function", "--max", "12", "--temperature", "1", "--ignore-end"];
    const texts = [];
    for (const seed of ["1", "1", "2"]) texts.push(await run(...args, "--seed", seed));
    assert.equal(texts[0], texts[1]);
    assert.notEqual(texts[0], texts[2]);
    const json = JSON.parse(await run(...args, "--seed", "1", "--json")) as Generated;
    assert.equal(texts[0], `${json.text}\n`);
    assert.equal(json.tokens.length, 12);
    assert.ok(json.prefillMs > 0 && json.decodeMs > 0);
  });

  it("measures itself", async () => {
    const args = ["bench", model, "--prefill", "32", "--decode", "4", "--runs", "2", "--threads", "1,2"];
    const { results } = JSON.parse(await run(...args)) as { results: Record<string, number>[] };
    assert.deepEqual(
      results.map(({ threads, promptTokens }) => [threads, promptTokens]),
      [
        [1, 32],
        [2, 32],
      ],
    );
    for (const { prefillTokensPerSecond = 0, decodeTokensPerSecond = 0 } of results) {
      assert.ok(prefillTokensPerSecond > 0 && decodeTokensPerSecond > 0);
    }
  });

  it("measures a shape against the ceilings of the machine", async function () {
    this.timeout(60_000);
    const args = ["bench", "--shape", "256x2x4x2x512", "--threads", "2", "--quick", "--json"];
    const report = JSON.parse(await run(...args)) as Record<string, number | string | Record<string, number>>;
    assert.deepEqual([report.shape, report.threads], ["256x2x4x2x512", 2]);
    assert.ok(typeof report.isa === "string");
    assert.deepEqual(Object.keys(report.prefill ?? {}), ["1", "4", "16", "128", "512"]);
    assert.deepEqual(Object.keys(report.decode ?? {}), ["0", "1024"]);
    assert.deepEqual(Object.keys(report.batchCost ?? {}), ["1", "2", "3", "4", "8", "16"]);
    const figures = ["readCeilingGBs", "macPeakGMACs", "bodyShareOfReadCeiling", "decodeShareOfRoofline"];
    figures.push("prefillShareOfPeak", "headMs", "loadMs", "firstTokenMs", "peakMemoryMB", "bodyMB");
    for (const name of figures) assert.ok(Number(report[name]) > 0, name);
    assert.ok(Number(report.prefillShareOfPeak) < 1 && Number(report.matmulShareOfPeak) < 1);
    assert.equal(report.bodyMacs, 2 * (2 * 256 * 256 + 2 * 128 * 256 + 3 * 512 * 256));
    // Node alone takes 30 MB, and the body of the model a third of a megabyte.
    assert.ok(Number(report.peakMemoryMB) > 30 && Number(report.peakMemoryMB) < 2000, String(report.peakMemoryMB));
  });

  it("names the token that a prompt must not hold", async () => {
    writeFileSync(folder.path("bad.json"), JSON.stringify([{ name: "x", tokens: [1, 4352] }]));
    const args = ["generate", model, "--tokens", folder.path("bad.json")];
    const { code, stderr } = await sterna(folder.path("storage"), ...args);
    assert.equal(code, 1);
    assert.match(stderr, /bad\.json: prompt 0 holds 4352, which is no token of this model \(0 to 4351\)/);
  });

  it("gives the golden ids for the golden texts", async function () {
    const golden = process.env.STERNA_GOLDEN;
    if (!golden) return this.skip();
    const file = join(golden, "ggml-vocab-llama-bpe.gguf");
    const texts = readFileSync(`${file}.inp`, "utf8").split("\n__ggml_vocab_test__\n");
    const lines = readFileSync(`${file}.out`, "utf8").split("\n");
    // Other tests compare every text with the addon; a few here show that the command passes them on completely.
    for (const i of [1, 6, 14, 30, texts.length - 2]) {
      const expected = (lines[i] ?? "").trim().split(/\s+/).filter(Boolean).map(Number);
      assert.deepEqual(JSON.parse(await run("tokenize", file, "--text", texts[i] ?? "")), expected, texts[i]);
    }
  });
});
