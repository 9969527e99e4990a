import { isPack, readPackInfo } from "../models/packInfo.ts";
import { readVocabulary } from "../models/vocabBlob.ts";
import { loadAddon } from "../native.ts";
import { packageRoot } from "../packageRoot.ts";
import { type Command, parse, UsageError } from "./command.ts";

export const tokenize: Command = {
  usage: "tokenize MODEL --text T [--bos] [--special]",
  summary: "Print the token ids of a text as a JSON array.",
  details: `Prints the token ids of a text as a JSON array. MODEL may be a GGUF file that holds only a vocabulary.

  --text T    the text
  --bos       put the beginning-of-sequence token first
  --special   read control tokens written out in the text as such`,
  async run(args) {
    const { values, positionals } = parse(
      args,
      { text: { type: "string" }, bos: { type: "boolean" }, special: { type: "boolean" } },
      ["MODEL"],
    );
    const [model = ""] = positionals;
    if (values.text === undefined) throw new UsageError("--text is missing");
    const vocabulary = (await isPack(model)) ? (await readPackInfo(model)).vocabulary : await readVocabulary(model);
    const tokenizer = loadAddon(packageRoot()).createTokenizer(vocabulary);
    const ids = tokenizer.encode(values.text, { bos: values.bos ?? false, special: values.special ?? false });
    process.stdout.write(`${JSON.stringify([...ids])}\n`);
  },
};
