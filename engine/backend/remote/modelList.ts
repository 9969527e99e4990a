/** Reads the list of a server's models, in the forms that servers use, and finds a model in it. */
import * as v from "valibot";

export interface Listed {
  id: string;
  /** Other names that the entry gives for it. */
  names: readonly string[];
  owner: string;
  /** How many tokens a prompt and its answer may have together, if the list says so. */
  contextTokens: number | undefined;
}

const text = v.fallback(v.optional(v.string(), ""), "");
/** Some lists have numbers as texts. */
const count = v.fallback(
  v.optional(v.pipe(v.union([v.number(), v.pipe(v.string(), v.transform(Number))]), v.integer(), v.minValue(1))),
  undefined,
);
const limits = v.fallback(
  v.optional(v.object({ max_context_window_tokens: count, max_input_tokens: count })),
  undefined,
);
const entry = v.object({
  id: text,
  key: text,
  name: text,
  model: text,
  root: text,
  aliases: v.fallback(v.optional(v.array(v.string()), []), []),
  owned_by: text,
  /**
   * The length of the context by its names: as it is loaded or served, then as the model allows.
   */
  max_model_len: count,
  loaded_context_length: count,
  n_ctx: count,
  context_length: count,
  context_window: count,
  max_context_length: count,
  max_input_tokens: count,
  max_context_len: count,
  max_sequence_length: count,
  contextLength: count,
  contextWindow: count,
  inputTokenLimit: count,
  limits,
  capabilities: v.fallback(v.optional(v.object({ limits })), undefined),
  meta: v.fallback(v.optional(v.object({ n_ctx: count, n_ctx_train: count })), undefined),
});
type Entry = v.InferOutput<typeof entry>;

/** The list is null at an Ollama that has no models. */
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
  v.pipe(
    v.object({ result: entries }),
    v.transform(({ result }) => result ?? []),
  ),
]);

/** The models of a list; undefined for anything that is not a list. */
export function readModelList(value: unknown): Listed[] | undefined {
  const read = v.safeParse(list, value);
  if (!read.success) return undefined;
  return read.output.flatMap((one): Listed[] => {
    const parsed = v.safeParse(entry, typeof one === "string" ? { id: one } : one);
    if (!parsed.success) return [];
    const { id, key, name, model, root, aliases, owned_by: owner } = parsed.output;
    const [first, ...names] = [id, key, model, name].filter((candidate) => candidate !== "");
    if (first === undefined) return [];
    const others = [...names, ...aliases, root].filter((other) => other !== "");
    return [{ id: first, names: others, owner, contextTokens: contextIn(parsed.output) }];
  });
}

function contextIn(one: Entry): number | undefined {
  const { limits: own, capabilities, meta } = one;
  return (
    one.max_model_len ??
    one.loaded_context_length ??
    meta?.n_ctx ??
    one.n_ctx ??
    one.context_length ??
    one.context_window ??
    one.max_context_length ??
    one.max_context_len ??
    one.max_sequence_length ??
    one.contextLength ??
    one.contextWindow ??
    one.max_input_tokens ??
    own?.max_input_tokens ??
    own?.max_context_window_tokens ??
    capabilities?.limits?.max_context_window_tokens ??
    one.inputTokenLimit
  );
}

/**
 * The entry for a name. The name may be the model's id or another of its names, or it may lack the tag ("coder" for
 * "coder:latest"), the path in front ("gemini" for "models/gemini") or the ending of a file ("coder" for "coder.gguf").
 */
export function findModel(models: readonly Listed[], name: string): Listed | undefined {
  const wanted = name.trim().toLowerCase();
  const isOneOf = (test: (candidate: string) => boolean) => (model: Listed) =>
    [model.id, ...model.names].some((candidate) => test(candidate.toLowerCase()));
  const tests: ((candidate: string) => boolean)[] = [
    (candidate) => candidate === wanted,
    (candidate) => candidate === `${wanted}:latest` || wanted === `${candidate}:latest`,
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

/** Names of models that do not write text, which servers list as well: for search, speech and pictures. */
const NO_WRITER =
  /embed|rerank|whisper|transcri|speech|\b(tts|stt|asr|ocr)\b|(^|[/-])(bge|gte|e5|clip|sora|veo|flux|sdxl|kokoro|parakeet)-|minilm|paraphrase|\bbert\b|stable-diffusion|moderation|guard|dall-e|imagen|-image\b|realtime|\baudio\b/i;

/** The model that is used when the settings name none: the first that writes text, judging by its name. */
export function firstModel(models: readonly Listed[]): Listed | undefined {
  return models.find(({ id }) => !NO_WRITER.test(id)) ?? models[0];
}

function lastOf(name: string): string {
  return name.split(/[/\\]/).at(-1) ?? name;
}

function withoutEnding(name: string): string {
  return name.replace(/(-\d{5}-of-\d{5})?\.gguf$/, "");
}

/**
 * The owner that llama-cpp-python's server gives to its models. That server accepts a suffix, but uses the vocabulary's
 * first token for each of the three markers of infilling (version 0.3.36), which makes the answers worse. It also
 * abandons an answer when another request comes.
 */
const LLAMA_CPP_PYTHON = "me";

export function isLlamaCppPython(model: Listed | undefined): boolean {
  return model?.owner === LLAMA_CPP_PYTHON;
}
