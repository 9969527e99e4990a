/**
 * The `sterna` command: everything the engine does, without an editor.
 *
 * Exit code 0 when done, 1 for an error, 2 for a wrong command line; errors are one line on stderr.
 */
import { bench } from "./cli/bench.ts";
import { type Command, UsageError } from "./cli/command.ts";
import { complete } from "./cli/complete.ts";
import { download, models } from "./cli/download.ts";
import { evalCommand } from "./cli/eval.ts";
import { generate } from "./cli/generate.ts";
import { importCommand } from "./cli/import.ts";
import { info } from "./cli/info.ts";
import { logits } from "./cli/logits.ts";
import { lsp } from "./cli/lsp.ts";
import { replay } from "./cli/replay.ts";
import { serve } from "./cli/serve.ts";
import { synth } from "./cli/synth.ts";
import { tokenize } from "./cli/tokenize.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  info,
  models,
  download,
  import: importCommand,
  tokenize,
  complete,
  generate,
  replay,
  eval: evalCommand,
  lsp,
  serve,
  logits,
  bench,
  synth,
};

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`sterna: unknown command "${name}". Run "sterna --help" for the list.\n`);
    return 2;
  }
  const end = rest.indexOf("--");
  const options = end === -1 ? rest : rest.slice(0, end);
  if (options.includes("--help") || options.includes("-h")) {
    process.stdout.write(`sterna ${command.usage}\n\n${command.details ?? command.summary}\n`);
    return 0;
  }
  try {
    await command.run(rest);
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = message.replace(/\s*\n\s*/g, " ");
    const isUsage = error instanceof UsageError;
    process.stderr.write(`sterna ${name}: ${line}${isUsage ? `. Usage: sterna ${command.usage}` : ""}\n`);
    return isUsage ? 2 : 1;
  }
}

function help(): string {
  const usages = Object.values(COMMANDS).map((command) => `  sterna ${command.usage}\n      ${command.summary}\n`);
  return `Private code assistance on an ordinary CPU.\n\n${usages.join("")}\nMODEL is a GGUF file, a safetensors folder or a packed model; where it may be left out, the built-in model is meant.\n`;
}

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
