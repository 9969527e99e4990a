import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import type { ModelInfo } from "../../../engine/models/info.ts";
import { verifyPack } from "../../../engine/models/packInfo.ts";
import { temporaryFolder } from "../models/folder.ts";
import { encodeSpec, goodSpec } from "../models/ggufSpec.ts";
import { bundleSterna, sterna } from "../support/sterna.ts";

describe("sterna command", function () {
  this.timeout(20_000);
  const folder = temporaryFolder();
  const run = (...args: string[]) => sterna(folder.path("storage"), ...args);

  before(async () => {
    await bundleSterna();
    writeFileSync(folder.path("good.gguf"), encodeSpec(goodSpec()));
    writeFileSync(folder.path("bad.gguf"), encodeSpec(goodSpec()).subarray(0, 5000));
  });

  it("lists its commands", async () => {
    for (const args of [[], ["--help"], ["help"]]) {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual([code, stderr], [0, ""]);
      for (const command of ["info", "import", "tokenize", "complete", "generate", "logits", "bench", "synth"]) {
        assert.match(stdout, new RegExp(`^  sterna ${command} `, "m"));
      }
    }
  });

  it("explains each command", async () => {
    const { code, stdout } = await run("generate", "--help");
    assert.equal(code, 0);
    assert.match(stdout, /^sterna generate \[MODEL\][\s\S]*--temperature/);
  });

  const wrong: [string[], RegExp][] = [
    [["frobnicate"], /unknown command "frobnicate"/],
    [["toString"], /unknown command "toString"/],
    [["import"], /FILE is missing\. Usage: sterna import/],
    [["import", "a", "b"], /unexpected argument "b"/],
    [["import", "a", "--layout", "t3"], /--layout is "t3", not one of t2, t16/],
    [["info", "--frobnicate"], /Unknown option '--frobnicate'/],
    [["tokenize", "x"], /--text is missing/],
    [["synth", "x"], /--shape is missing/],
    [["synth", "x", "--shape", "2x2", "--type", "f16"], /--shape "2x2" is neither/],
    [["synth", "x", "--shape", "2b4t", "--type", "q4_0"], /--type is "q4_0", not one of i2_s, tq1_0/],
    [["synth", "x", "--shape", "2b4t", "--type", "f16", "--seed", "-1"], /--seed/],
    [["generate"], /give either --prompt or --tokens/],
    [["generate", "--prompt", "x", "--max", "0"], /--max is "0", not a whole number from 1/],
    [["generate", "--prompt", "x", "--temperature", "hot"], /--temperature is "hot"/],
    [["generate", "--prompt", "x", "--head", "f32"], /--head is "f32", not one of int8, f16/],
    [["logits", "x", "--tokens", "y"], /--out is missing/],
    [["bench", "--threads", "1,x"], /--threads is "x"/],
  ];
  for (const [args, message] of wrong) {
    it(`ends with code 2 for: ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.match(stderr, /^sterna[^\n]*\n$/, "one line");
    });
  }

  it("ends with code 1 and one line for a bad file", async () => {
    for (const command of [["info"], ["import", "--layout", "t2"]]) {
      for (const file of ["bad.gguf", "none.gguf"]) {
        const { code, stdout, stderr } = await run(...command, folder.path(file));
        assert.deepEqual([code, stdout], [1, ""]);
        assert.match(stderr, /^sterna (info|import): [^\n]*(bad|none)\.gguf: [^\n]*\.\n$/);
      }
    }
  });

  it("describes a model as text and as JSON", async () => {
    const text = await run("info", folder.path("good.gguf"));
    assert.equal(text.code, 0);
    assert.match(text.stdout, /^ {2}hiddenSize +256$/m);
    const json = await run("info", folder.path("good.gguf"), "--json");
    const info = JSON.parse(json.stdout) as ModelInfo;
    assert.deepEqual([info.architecture, info.model?.bodyType, info.tokenizer.tokens], ["bitnet-b1.58", "I2_S", 300]);
  });

  it("imports a model and prints where the pack is", async () => {
    const first = await run("import", folder.path("good.gguf"), "--layout", "t16");
    const pack = first.stdout.trim();
    assert.ok(pack.startsWith(folder.path("storage")), pack);
    assert.equal((await verifyPack(pack)).layout, "t16");
    const second = await run("import", folder.path("good.gguf"), "--layout", "t16", "--json");
    const { pack: again, bytes } = JSON.parse(second.stdout) as { pack: string; bytes: number };
    assert.deepEqual([again, bytes], [pack, statSync(pack).size]);
    assert.equal((await run("info", pack)).code, 0);
  });

  it("makes a synthetic model", async () => {
    const out = folder.path("synth.gguf");
    const args = ["synth", "--shape", "256x1x4x2x256", "--type", "tq1_0", "--vocab", folder.path("good.gguf")];
    assert.equal((await run(...args, out)).code, 0);
    const { stdout } = await run("info", out, "--json");
    const info = JSON.parse(stdout) as ModelInfo;
    assert.deepEqual([info.model?.bodyType, info.model?.vocabSize], ["TQ1_0", 300]);
  });

  it("ends with code 1 when the type does not go with the shape", async () => {
    const out = folder.path("odd.gguf");
    const { code, stderr } = await run("synth", "--shape", "128x1x2x1x128", "--type", "tq2_0", out);
    assert.equal(code, 1);
    assert.match(stderr, /Rows of 128 weights: TQ2_0 needs a multiple of 256\.\n$/);
    assert.ok(!existsSync(out));
  });
});
