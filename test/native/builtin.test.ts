/** Compares the built-in model with an independent forward pass (training/golden.py) over the same file. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePack } from "../../engine/models/store.ts";
import { type ActivationKind, GREEDY, loadAddon, type NativeModel } from "../../engine/native.ts";
import { root } from "../unit/root.ts";

interface Answer {
  top: [number, number][];
  greedy: number[];
}

interface Golden {
  model_sha256: string;
  vocab: number;
  prompts: ({ path: string; prefix: string; suffix: string | null; ids: number[] } & Record<ActivationKind, Answer>)[];
  tokenizer: { text: string; ids: number[] }[];
}

describe("the built-in model", function () {
  this.timeout(120000);
  const file = join(root, "models", "sterna-builtin.gguf");
  let folder: string;
  let model: NativeModel;
  let golden: Golden;
  let logits: Float32Array;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sterna-builtin-"));
    golden = JSON.parse(await readFile(join(root, "models", "builtin-golden.json"), "utf8"));
    const bytes = await readFile(join(root, "models", "builtin-golden.f32"));
    logits = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    model = await loadAddon(root).loadModel(await resolvePack(file, folder), { head: "f16" });
  });

  after(async () => {
    await model?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is the file that the known answers were made from, and under 12 MB", async () => {
    const digest = createHash("sha256").update(await readFile(file));
    assert.equal(digest.digest("hex"), golden.model_sha256);
    assert.ok((await stat(file)).size < 12_000_000);
  });

  it("tokenizes as it was trained", () => {
    for (const { text, ids } of golden.tokenizer) assert.deepEqual(Array.from(model.tokenizer.encode(text)), ids, text);
    for (const { path, prefix, suffix, ids } of golden.prompts) {
      const marker = (text: string) => [model.tokenizer.idOf(text)];
      const text = (part: string) => Array.from(model.tokenizer.encode(part));
      const parts = [marker("<|begin_of_text|>"), marker("<|file|>"), text(`${path}\n`)];
      if (suffix !== null) parts.push(marker("<|fim_suffix|>"), text(suffix));
      parts.push(marker("<|fim_prefix|>"), text(prefix));
      if (suffix !== null) parts.push(marker("<|fim_middle|>"));
      assert.deepEqual(parts.flat(), ids, path);
    }
  });

  /** Logits of a prompt's last position: [prompts, 2, vocabulary], float first. */
  function expected(prompt: number, activations: ActivationKind): Float32Array {
    const row = 2 * prompt + (activations === "float" ? 0 : 1);
    return logits.subarray(row * golden.vocab, (row + 1) * golden.vocab);
  }

  /** `spread` is the standard deviation of the known logits. */
  async function differences(
    prompt: number,
    activations: ActivationKind,
  ): Promise<{ max: number; mean: number; spread: number }> {
    const tokens = Uint32Array.from(golden.prompts[prompt]!.ids);
    const ours = (await model.logits(tokens, activations)).slice(-golden.vocab);
    const theirs = expected(prompt, activations);
    const distances = ours.map((value, i) => Math.abs(value - theirs[i]!));
    const average = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length;
    const middle = average(theirs);
    const spread = Math.sqrt(average(theirs.map((value) => (value - middle) ** 2)));
    return { max: distances.reduce((a, b) => Math.max(a, b)), mean: average(distances), spread };
  }

  it("gives the known logits and text with float activations", async () => {
    for (const [i, prompt] of golden.prompts.entries()) {
      const { max } = await differences(i, "float");
      assert.ok(max < 0.01, `${prompt.path}: ${max}`);
      const { tokens } = await model.generate({
        tokens: Uint32Array.from(prompt.ids),
        maxTokens: prompt.float.greedy.length,
        sampling: GREEDY,
        stop: [],
        stopTokens: new Uint32Array(),
        priority: 0,
        activations: "float",
      }).done;
      assert.deepEqual(Array.from(tokens), prompt.float.greedy, prompt.path);
    }
  });

  it("comes as close to the known logits with int8 activations as roundings let it", async () => {
    for (const [i, prompt] of golden.prompts.entries()) {
      // Keys and values in f16 change how some activations are rounded. Over three models and fifteen prompts that
      // moves the logits by up to 4.2 % of their spread in the mean and 11 % at most. The reference itself, with keys
      // and values in f16, moves by up to 3.8 and 12 %.
      const { max, mean, spread } = await differences(i, "int8");
      assert.ok(
        mean < 0.06 * spread && max < 0.2 * spread,
        `${prompt.path}: mean ${mean}, max ${max}, spread ${spread}`,
      );
    }
  });
});
