import { modelInfo } from "../models/info.ts";
import { builtinModel, packageRoot } from "../packageRoot.ts";
import { type Command, parse, printJson } from "./command.ts";

export const info: Command = {
  usage: "info [MODEL] [--json]",
  summary: "Say what a model file is: architecture, shape, types, sizes, tokenizer, licence.",
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: "boolean" } }, ["[MODEL]"]);
    const result = await modelInfo(positionals[0] ?? builtinModel(packageRoot()));
    if (values.json) printJson(result);
    else process.stdout.write(lines(result as unknown as Record<string, unknown>, ""));
  },
};

/** Prints one line per field, with nested fields indented. */
function lines(fields: Record<string, unknown>, indent: string): string {
  let text = "";
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "object" && value !== null) {
      text += `${indent}${name}\n${lines(value as Record<string, unknown>, `${indent}  `)}`;
    } else {
      text += `${indent}${name.padEnd(20 - indent.length)}${value ?? "none"}\n`;
    }
  }
  return text;
}
