import { stat } from "node:fs/promises";
import { type Command, choice, parse, printJson } from "./command.ts";
import { packOf } from "./loadModel.ts";

export const importCommand: Command = {
  usage: "import FILE [--layout t2|t16|b1] [--force] [--json]",
  summary: "Pack a model into the storage folder and print the pack's path.",
  details:
    "Packs a GGUF file or a safetensors folder into the storage folder (STERNA_STORAGE, or the user's cache folder) and prints the pack's path.\nA pack that is already there and fits is used again, unless --force is given. The layout of the weights is the one\nthat this machine computes fastest, unless --layout names another; b1 is for models of 1 bit a weight alone.",
  async run(args) {
    const { values, positionals } = parse(
      args,
      { json: { type: "boolean" }, force: { type: "boolean" }, layout: { type: "string" } },
      ["FILE"],
    );
    const [file = ""] = positionals;
    const start = performance.now();
    const layout = values.layout === undefined ? undefined : choice("layout", values.layout, ["t2", "t16", "b1"]);
    const pack = await packOf(file, { layout, force: values.force ?? false });
    const ms = Math.round(performance.now() - start);
    if (values.json) printJson({ pack, bytes: (await stat(pack)).size, ms });
    else process.stdout.write(`${pack}\n`);
  },
};
