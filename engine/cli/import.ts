import { stat } from "node:fs/promises";
import { type Command, parse, printJson } from "./command.ts";
import { packOf } from "./session.ts";

export const importCommand: Command = {
  usage: "import FILE [--force] [--json]",
  summary: "Pack a GGUF model into the storage folder and print the pack's path.",
  details:
    "Packs a GGUF model into the storage folder (STERNA_STORAGE, or the user's cache folder) and prints the pack's path.\nA pack that is already there and fits is used again, unless --force is given.",
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: "boolean" }, force: { type: "boolean" } }, ["FILE"]);
    const [file = ""] = positionals;
    const start = performance.now();
    const pack = await packOf(file, values.force);
    const ms = Math.round(performance.now() - start);
    if (values.json) printJson({ pack, bytes: (await stat(pack)).size, ms });
    else process.stdout.write(`${pack}\n`);
  },
};
