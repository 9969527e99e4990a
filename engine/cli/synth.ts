import { ARCHITECTURES } from "../models/architectures.ts";
import type { WritableType } from "../models/rows/ternaryEncode.ts";
import { parseShape, type SynthOptions, type SynthShape, shapeDefaults, synthesise } from "../models/synth.ts";
import { type Command, choice, number, parse, printJson, UsageError } from "./command.ts";

const TYPES = {
  i2_s: "I2_S",
  tq1_0: "TQ1_0",
  tq2_0: "TQ2_0",
  f16: "F16",
  pq2_0: "PQ2_0",
  q2_0: "Q2_0",
  q1_0: "Q1_0",
} as const satisfies Record<string, WritableType>;

export const synth: Command = {
  usage:
    "synth --shape NAME|HIDDENxLAYERSxHEADSxKVxFFN --type i2_s|tq1_0|tq2_0|f16|pq2_0|q2_0|q1_0 OUT [--vocab FILE] [--seed N] [--peak P]",
  summary: "Write a GGUF model with random ternary weights.",
  details: `Writes a GGUF model with random ternary weights, for tests and measurements.

  --shape S            2b4t (2560x30x20x5x6912), bonsai-1.7b, bonsai-4b, bonsai-8b, bitcpm-8b, or
                       HIDDENxLAYERSxHEADSxKVxFFN
  --type T             type of the ternary matrices: i2_s, tq1_0, tq2_0, f16, or with a scale per group pq2_0, q2_0 and
                       q1_0 (1 bit: what would be 0 is +1)
  --vocab FILE         GGUF file whose tokenizer is taken over; default a made-up byte-level one
  --seed N             default 0; the same seed gives the same weights whatever the type
  --peak P             how far the largest logit stands above the mean of all, in standard deviations, on average; a
                       trained model's: 6 to 14. 0: random logits, too (4.3 of 128256). Default 10 for 2b4t, else 0
  --architecture A     ${Object.keys(ARCHITECTURES).join(", ")}
                       (default bitnet-b1.58; qwen3 for the shapes bonsai-*, minicpm for bitcpm-8b)
  --untied             write an output matrix of its own
  --json               say what was written as JSON`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        shape: { type: "string" },
        type: { type: "string" },
        vocab: { type: "string" },
        seed: { type: "string" },
        peak: { type: "string" },
        architecture: { type: "string" },
        untied: { type: "boolean" },
        json: { type: "boolean" },
      },
      ["OUT"],
    );
    const [out = ""] = positionals;
    if (values.shape === undefined) throw new UsageError("--shape is missing");
    if (values.type === undefined) throw new UsageError("--type is missing");
    const type = choice("type", values.type, Object.keys(TYPES) as (keyof typeof TYPES)[]);
    const options: SynthOptions = {
      shape: shapeOf(values.shape),
      type: TYPES[type],
      seed: number("seed", values.seed ?? "0", 0, 0xffffffff),
      architecture: choice(
        "architecture",
        values.architecture ?? shapeDefaults(values.shape).architecture ?? "bitnet-b1.58",
        Object.keys(ARCHITECTURES),
      ),
      untied: values.untied ?? shapeDefaults(values.shape).untied ?? false,
    };
    if (values.vocab !== undefined) options.vocabulary = values.vocab;
    if (values.peak !== undefined) options.peak = number("peak", values.peak, 0, 1000, false);
    const start = performance.now();
    const bytes = await synthesise(out, options);
    const ms = Math.round(performance.now() - start);
    if (values.json) printJson({ out, bytes, ms });
    else process.stdout.write(`${out}: ${bytes} bytes\n`);
  },
};

function shapeOf(text: string): SynthShape {
  try {
    return parseShape(text);
  } catch (error) {
    throw new UsageError(`--shape ${error instanceof Error ? error.message : String(error)}`);
  }
}
