/** The files of a checkpoint that define how text becomes tokens, and how a conversation becomes text. */
import { join } from "node:path";
import type { ModelValue } from "../modelFile.ts";
import { exists, readJson, readWhole } from "./checkpointFiles.ts";
import { isObject } from "./header.ts";
import { type Beside, readSentencePieceModel } from "./sentencePieceModel.ts";
import { readTokenizer, type TokenizerConfig } from "./tokenizer.ts";

const TOKENIZER = "tokenizer.json";
const PIECES = "tokenizer.model";
const CONFIG = "tokenizer_config.json";
const ADDED = "added_tokens.json";
const TEMPLATE = "chat_template.jinja";

/** The files that are read from a folder. When there is no tokenizer, tokenizer.json is listed, as the missing file. */
export async function tokenizerFiles(folder: string): Promise<string[]> {
  const has = (name: string) => exists(join(folder, name));
  const isPieces = !(await has(TOKENIZER)) && (await has(PIECES));
  const optional = [CONFIG, TEMPLATE, ...(isPieces ? [ADDED] : [])];
  const found = await Promise.all(optional.map(async (name) => ((await has(name)) ? [name] : [])));
  return [isPieces ? PIECES : TOKENIZER, ...found.flat()];
}

/**
 * The vocabulary and the form of conversations, as keys of a GGUF file.
 * @throws ModelFileError
 */
export async function readTokenizerFiles(folder: string, config: TokenizerConfig): Promise<Map<string, ModelValue>> {
  const files = await tokenizerFiles(folder);
  const pathOf = (name: string) => join(folder, name);
  const besides = files.includes(CONFIG) ? await readJson(pathOf(CONFIG)) : {};
  const added = files.includes(ADDED) ? await readJson(pathOf(ADDED)) : {};
  const values = files.includes(PIECES)
    ? readSentencePieceModel(pathOf(PIECES), await readWhole(pathOf(PIECES)), config, beside(besides, added))
    : readTokenizer(pathOf(TOKENIZER), await readJson(pathOf(TOKENIZER)), config);
  const template = files.includes(TEMPLATE)
    ? (await readWhole(pathOf(TEMPLATE))).toString("utf8")
    : templateOf(besides.chat_template);
  if (template !== undefined) values.set("tokenizer.chat_template", { kind: "string", value: template });
  return values;
}

/** One template, or several by name. For a model without a template the engine uses its own. */
function templateOf(value: unknown): string | undefined {
  const list = Array.isArray(value) ? value.filter(isObject) : [{ name: "default", template: value }];
  const { template } = list.find(({ name }) => name === "default") ?? {};
  return typeof template === "string" ? template : undefined;
}

function beside(config: Record<string, unknown>, more: Record<string, unknown>): Beside {
  const decoder = isObject(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  const special = new Set(
    Object.values(decoder).flatMap((token) => (isObject(token) && token.special ? token.content : [])),
  );
  const added = Object.entries(decoder).flatMap(([id, token]) =>
    isObject(token) && typeof token.content === "string" ? [{ id: Number(id), text: token.content }] : [],
  );
  for (const [text, id] of Object.entries(more)) if (typeof id === "number") added.push({ id, text });
  return {
    addBos: typeof config.add_bos_token === "boolean" ? config.add_bos_token : undefined,
    added: added.map(({ id, text }) => ({ id, text, special: special.has(text) })),
  };
}
