/**
 * The engine with a model that says what a test has written down. Everything except the model is real: the process, the
 * protocol, the prompts, the parsing of answers, the conversations on disk.
 *
 * STERNA_TEST_SCRIPT names a JSON file with {@link Line}s, which is read for every answer: the first line whose `when`
 * is in the prompt is used. STERNA_TEST_PROMPTS names a file to which every prompt is appended.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { start } from "../../engine/process/start.ts";
import { FakeModel, fakeAddon } from "../unit/support/fakeModel.ts";
import { chatTokenizer } from "../unit/support/fakeTokenizer.ts";

export interface Line {
  when: string;
  say: string;
  /** Milliseconds per token; by default long enough to see an answer grow. */
  pieceMs?: number;
}

const PIECE_MS = 2;

function lineFor(prompt: string): Line {
  const lines = JSON.parse(readFileSync(process.env.STERNA_TEST_SCRIPT ?? "", "utf8")) as Line[];
  const last = prompt.slice(prompt.lastIndexOf("User: "));
  return lines.find(({ when }) => last.includes(when)) ?? { when: "", say: `There is no line for: ${last}` };
}

const say = (prompt: string) => {
  const { STERNA_TEST_PROMPTS: file } = process.env;
  if (file !== undefined) appendFileSync(file, `${prompt}\n`);
  return lineFor(prompt).say;
};
const pieceMs = (prompt: string) => lineFor(prompt).pieceMs ?? PIECE_MS;

start({
  loadAddon: () => fakeAddon(() => new FakeModel(say, { tokenizer: chatTokenizer(), pieceMs, contextLength: 4096 })),
  resolvePack: async () => "scripted.pack",
});
