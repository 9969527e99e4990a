/**
 * Finds out how many tokens a server's model has for the prompt and the answer together. The server is asked once, when
 * the connection is made; not every server tells.
 */
import * as v from "valibot";
import type { Listed } from "./modelList.ts";

/** Asks the server, and returns its answer as JSON; undefined when the server does not answer in this way. */
export type Ask = (path: string, body?: object) => Promise<unknown>;

const count = v.fallback(v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))), undefined);
const object = v.fallback(v.record(v.string(), v.unknown()), {});

/** llama.cpp's server: the number of tokens of each slot. */
const props = v.object({
  default_generation_settings: v.object({ n_ctx: count }),
});
/** Ollama: the greatest context that the model allows, and the parameters in its Modelfile. */
const show = v.object({
  model_info: object,
  parameters: v.fallback(v.optional(v.string(), ""), ""),
});
/** Ollama: the models in memory. */
const running = v.object({
  models: v.array(v.object({ name: v.string(), context_length: count })),
});
/** LM Studio: the context that the model was loaded with, and the greatest that it allows. */
const loaded = v.object({ loaded_context_length: count, max_context_length: count });

/** The context with which Ollama loads a model whose file sets none, unless its environment says otherwise. */
const OLLAMA_DEFAULT = 4096;

/**
 * @param listed the model's entry in the list of models
 * @param probes whether addresses outside of the OpenAI interface may be asked; only the user's own servers are
 */
export async function contextLength(
  model: string,
  listed: Listed | undefined,
  ask: Ask,
  probes: boolean,
): Promise<number | undefined> {
  if (listed?.contextTokens !== undefined && listed.owner !== "library") return listed.contextTokens;
  if (!probes) return undefined;
  return (await llamaCpp(ask)) ?? (await ollama(model, ask)) ?? (await lmStudio(model, ask));
}

async function llamaCpp(ask: Ask): Promise<number | undefined> {
  const read = v.safeParse(props, await ask("props"));
  return read.success ? read.output.default_generation_settings.n_ctx : undefined;
}

async function ollama(model: string, ask: Ask): Promise<number | undefined> {
  const read = v.safeParse(show, await ask("api/show", { model }));
  if (!read.success) return undefined;
  const set = Number(/^num_ctx\s+(\d+)/m.exec(read.output.parameters)?.[1]);
  const now = v.safeParse(running, await ask("api/ps"));
  const inMemory = now.success ? now.output.models.find(({ name }) => isSameModel(name, model)) : undefined;
  const most = Object.entries(read.output.model_info).find(([key]) => key.endsWith(".context_length"))?.[1];
  const used = inMemory?.context_length ?? (set > 0 ? set : OLLAMA_DEFAULT);
  return typeof most === "number" && most > 0 ? Math.min(most, used) : used;
}

function isSameModel(name: string, model: string): boolean {
  return name === model || name === `${model}:latest`;
}

async function lmStudio(model: string, ask: Ask): Promise<number | undefined> {
  const read = v.safeParse(loaded, await ask(`api/v0/models/${model.split("/").map(encodeURIComponent).join("/")}`));
  return read.success ? (read.output.loaded_context_length ?? read.output.max_context_length) : undefined;
}
