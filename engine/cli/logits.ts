import { open } from "node:fs/promises";
import { type Command, choice, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { readPrompts } from "./prompts.ts";

export const logits: Command = {
  usage: "logits MODEL --tokens P.json --out F.f32 [--activations int8|float] [--head f16|int8] [--threads N]",
  summary: "Write the float32 logits of every position of every prompt.",
  details: `Writes the logits of every position of every prompt, one prompt after another: little-endian float32, one row
of the vocabulary's size per position.

  --tokens P.json       a JSON list of {"name": text, "tokens": [ids]}
  --out F.f32           file to write
  --activations KIND    int8 (default; as the models were trained) or float (for comparison with references)
  --head KIND           f16 (default) or int8
  --kv KIND             keys and values as f16 (default) or int8
  --threads N           worker threads
  --kernel NAME         kernel set; default the fastest that passes its self-test`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      { ...LOAD_OPTIONS, tokens: { type: "string" }, out: { type: "string" }, activations: { type: "string" } },
      ["MODEL"],
    );
    const [path = ""] = positionals;
    const { tokens, out } = values;
    if (tokens === undefined) throw new UsageError("--tokens is missing");
    if (out === undefined) throw new UsageError("--out is missing");
    const activations = choice("activations", values.activations ?? "int8", ["int8", "float"]);
    await withModel(path, loadOptions(values, "f16"), async (model) => {
      const { vocabSize } = model.config;
      const prompts = await readPrompts(tokens, vocabSize);
      const file = await open(out, "w");
      let rows = 0;
      try {
        for (const prompt of prompts) {
          const values = await model.logits(prompt.tokens, activations);
          await file.writeFile(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
          rows += prompt.tokens.length;
        }
      } finally {
        await file.close();
      }
      printJson({ out, rows, columns: vocabSize, kernel: model.kernel, threads: model.threads });
    });
  },
};
