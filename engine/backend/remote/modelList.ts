/** The models that a server names, in the forms in which servers list them. */
import * as v from "valibot";

export interface Listed {
  id: string;
  /** Other names that the entry gives for it. */
  names: readonly string[];
  owner: string;
  /** Tokens of prompt and answer together, if the list says so. */
  contextTokens: number | undefined;
}

const text = v.fallback(v.optional(v.string(), ""), "");
const count = v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))), undefined);
const entry = v.object({
  id: text,
  name: text,
  model: text,
  root: text,
  aliases: v.fallback(v.optional(v.array(v.string()), []), []),
  owned_by: text,
  /** vLLM and SGLang; others that follow are Together's, Groq's, Mistral's, Gemini's and llama.cpp's. */
  max_model_len: count,
  context_length: count,
  context_window: count,
  max_context_length: count,
  max_input_tokens: count,
  inputTokenLimit: count,
  meta: v.fallback(v.optional(v.object({ n_ctx: count, n_ctx_train: count })), undefined),
});
/** Ollama without a model answers null. */
const entries = v.nullable(v.array(v.unknown()));
const list = v.union([
  v.array(v.unknown()),
  v.pipe(
    v.object({ data: entries }),
    v.transform(({ data }) => data ?? []),
  ),
  v.pipe(
    v.object({ models: entries }),
    v.transform(({ models }) => models ?? []),
  ),
]);

/** The models of a list; undefined for anything that is not a list. */
export function readModelList(value: unknown): Listed[] | undefined {
  const read = v.safeParse(list, value);
  if (!read.success) return undefined;
  return read.output.flatMap((one): Listed[] => {
    const parsed = v.safeParse(entry, one);
    if (!parsed.success) return [];
    const { id, name, model, root, aliases, owned_by: owner, meta, ...counts } = parsed.output;
    const [first, ...names] = [id, model, name].filter((candidate) => candidate !== "");
    if (first === undefined) return [];
    const { max_model_len, context_length, context_window, max_context_length, max_input_tokens, inputTokenLimit } =
      counts;
    const contextTokens =
      max_model_len ??
      meta?.n_ctx ??
      context_length ??
      context_window ??
      max_context_length ??
      max_input_tokens ??
      inputTokenLimit;
    return [{ id: first, names: [...names, ...aliases, root].filter((other) => other !== ""), owner, contextTokens }];
  });
}

/**
 * The entry that a name stands for: itself, another of its names, one without its tag ("coder" for "coder:latest"), without
 * what is in front ("gemini" for "models/gemini"), or the file of a path.
 */
export function findModel(models: readonly Listed[], name: string): Listed | undefined {
  const wanted = name.toLowerCase();
  const isOneOf = (test: (candidate: string) => boolean) => (model: Listed) =>
    [model.id, ...model.names].some((candidate) => test(candidate.toLowerCase()));
  const tests: ((candidate: string) => boolean)[] = [
    (candidate) => candidate === wanted,
    (candidate) => candidate === `${wanted}:latest`,
    (candidate) => candidate.startsWith(`${wanted}:`),
    (candidate) => lastOf(candidate) === wanted || candidate === lastOf(wanted),
    (candidate) => withoutEnding(lastOf(candidate)) === withoutEnding(wanted),
  ];
  for (const test of tests) {
    const found = models.filter(isOneOf(test));
    if (found.length > 0) return found[0];
  }
  return undefined;
}

/** Models that servers list beside those that write text: for search, speech and pictures. */
const NO_WRITER = /embed|rerank|whisper|\btts\b|(^|[/-])(bge|gte|e5)-|stable-diffusion|moderation|dall-e/i;

/** The model that is used when the settings name none: the first that writes text, judging by its name. */
export function firstModel(models: readonly Listed[]): Listed | undefined {
  return models.find(({ id }) => !NO_WRITER.test(id)) ?? models[0];
}

function lastOf(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? name;
}

function withoutEnding(name: string): string {
  return name.replace(/\.gguf$/, "");
}

/**
 * llama-cpp-python's server gives this owner to its models. It reads a suffix, but puts the vocabulary's first token in
 * the place of each of the three markers (0.3.36), so that what comes is worse than without; and it gives an answer up
 * when another request comes.
 */
const LLAMA_CPP_PYTHON = "me";

export function isLlamaCppPython(model: Listed | undefined): boolean {
  return model?.owner === LLAMA_CPP_PYTHON;
}
