import { type GenerateResult, GREEDY, type NativeModel, Priority, type Sampling } from "../native.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { type Command, number, parse, printJson, UsageError } from "./command.ts";
import { LOAD_OPTIONS, loadOptions, withModel } from "./loadModel.ts";
import { type Prompt, readPrompts } from "./prompts.ts";

const SAMPLING_OPTIONS = {
  temperature: { type: "string" },
  "top-k": { type: "string" },
  "top-p": { type: "string" },
  "min-p": { type: "string" },
  "repetition-penalty": { type: "string" },
  seed: { type: "string" },
} as const;

export const generate: Command = {
  usage: "generate [MODEL] (--prompt T | --tokens P.json) [--max N] [--json] [--temperature X] [--seed N]",
  summary: "Continue a text, or prompts given as token ids.",
  details: `Continues a text as it is, or each of the prompts in a file.

  --prompt T               the text; the beginning-of-sequence token goes first if the vocabulary asks for it
  --tokens P.json          a JSON list of {"name": text, "tokens": [ids]}
  --max N                  most tokens to generate (default 64)
  --json                   tokens, text and timings as JSON; without it, the text as it comes
  --ignore-end             go on after an end-of-text token
  --temperature X          0 (default) is greedy
  --top-k N --top-p X --min-p X --repetition-penalty X --seed N
  --head KIND              int8 (default) or f16
  --kv KIND                keys and values as f16 (default) or int8
  --threads N              worker threads
  --kernel NAME            kernel set; default the fastest that passes its self-test`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        ...LOAD_OPTIONS,
        ...SAMPLING_OPTIONS,
        prompt: { type: "string" },
        tokens: { type: "string" },
        max: { type: "string" },
        json: { type: "boolean" },
        "ignore-end": { type: "boolean" },
      },
      ["[MODEL]"],
    );
    if ((values.prompt === undefined) === (values.tokens === undefined)) {
      throw new UsageError("give either --prompt or --tokens");
    }
    const maxTokens = number("max", values.max ?? "64", 1, 1 << 20);
    const sampling = readSampling(values);
    const path = positionals[0] ?? builtinModel(packageRoot());
    await withModel(path, loadOptions(values, "int8"), async (model) => {
      const prompts =
        values.tokens === undefined
          ? [promptOf(model, values.prompt ?? "")]
          : await readPrompts(values.tokens, model.config.vocabSize);
      const stopTokens = values["ignore-end"] ? new Uint32Array() : endTokens(model);
      const results: ReturnType<typeof report>[] = [];
      for (const prompt of prompts) {
        const onText = values.json ? undefined : (text: string) => process.stdout.write(text);
        const { done } = model.generate(
          { tokens: prompt.tokens, maxTokens, sampling, stop: [], stopTokens, priority: Priority.chat },
          onText,
        );
        results.push(report(prompt, await done));
        if (!values.json) process.stdout.write("\n");
      }
      if (!values.json) return;
      const { kernel, threads, memory } = model;
      const shared = { kernel, threads, memory };
      printJson(values.tokens === undefined ? { ...results[0], ...shared } : { prompts: results, ...shared });
    });
  },
};

function readSampling(values: { [Name in keyof typeof SAMPLING_OPTIONS]?: string | undefined }): Sampling {
  const read = (option: keyof typeof SAMPLING_OPTIONS, low: number, high: number, fallback: number, whole = false) => {
    const text = values[option];
    return text === undefined ? fallback : number(option, text, low, high, whole);
  };
  return {
    ...GREEDY,
    temperature: read("temperature", 0, 100, GREEDY.temperature),
    topK: read("top-k", 0, 1 << 22, GREEDY.topK, true),
    topP: read("top-p", 0, 1, GREEDY.topP),
    minP: read("min-p", 0, 1, GREEDY.minP),
    repetitionPenalty: read("repetition-penalty", 0.1, 10, GREEDY.repetitionPenalty),
    seed: read("seed", 0, 0xffffffff, GREEDY.seed, true),
  };
}

function promptOf(model: NativeModel, text: string): Prompt {
  const { tokenizer } = model;
  const tokens = tokenizer.encode(text, { bos: tokenizer.special.addBos });
  if (tokens.length === 0) throw new UsageError("--prompt is empty, and this model has no token to begin with");
  return { name: "prompt", tokens };
}

function endTokens(model: NativeModel): Uint32Array {
  const { eos, eot } = model.tokenizer.special;
  return Uint32Array.from([eos, eot].filter((id) => id >= 0));
}

function report(prompt: Prompt, result: GenerateResult) {
  const { text, tokens, ...rest } = result;
  return { name: prompt.name, text, tokens: [...tokens], ...rest };
}
