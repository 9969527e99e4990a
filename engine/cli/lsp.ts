import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readDefaults } from "../lsp/configuration.ts";
import { runLanguageServer } from "../lsp/main.ts";
import { packageRoot } from "../packageRoot.ts";
import { type Command, parse } from "./command.ts";
import { storageDir } from "./loadModel.ts";

export const lsp: Command = {
  usage: "lsp [--stdio] [--storage FOLDER]",
  summary: "Serve other editors: a language server over standard input and output.",
  details: `A language server (LSP 3.18) over standard input and output, for Neovim, Emacs, Helix and other editors.
It joins the engine process of other editors, or starts it.

  --stdio            what it does anyway; some clients give this argument
  --storage FOLDER   packed models and conversations; with VS Code's folder for Sterna, both share one engine

The settings have the names that they have in VS Code, as initializationOptions or as the section "sterna".`,
  async run(args) {
    const { values } = parse(args, { stdio: { type: "boolean" }, storage: { type: "string" } }, []);
    const root = packageRoot();
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const storage = values.storage ?? storageDir();
    runLanguageServer({ root, version, storage, defaults: readDefaults(root), env: process.env });
    await new Promise(() => {});
  },
};
