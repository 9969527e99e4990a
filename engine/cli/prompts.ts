import { readFile } from "node:fs/promises";
import { UsageError } from "./command.ts";

export interface Prompt {
  name: string;
  tokens: Uint32Array;
}

/**
 * Reads prompts as token ids: a JSON list of {name, tokens}.
 * @param vocabSize ids must be below it
 */
export async function readPrompts(path: string, vocabSize: number): Promise<Prompt[]> {
  const fail = (problem: string): never => {
    throw new Error(`${path}: ${problem}. Give a JSON list of {"name": text, "tokens": [ids]}.`);
  };
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined) throw new UsageError(`${path} cannot be read (${code})`);
    return fail("is no JSON");
  }
  if (!Array.isArray(parsed) || parsed.length === 0) return fail("is no list, or an empty one");
  return parsed.map((entry: unknown, i) => {
    const { name, tokens } = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
    if (!Array.isArray(tokens) || tokens.length === 0) return fail(`prompt ${i} has no tokens`);
    for (const token of tokens) {
      if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
        return fail(
          `prompt ${i} holds ${JSON.stringify(token)}, which is no token of this model (0 to ${vocabSize - 1})`,
        );
      }
    }
    return { name: typeof name === "string" ? name : String(i), tokens: Uint32Array.from(tokens as number[]) };
  });
}
