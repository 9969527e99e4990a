/** Activates the extension: creates the shared services and registers every feature. */
import type * as vscode from "vscode";
import { messageOf } from "../engine/client/errors.ts";
import { createApi, type SternaApi } from "./api.ts";
import { registerChat } from "./chat/register.ts";
import { registerCodeActions } from "./commands/codeActions.ts";
import { registerCommands } from "./commands/register.ts";
import { registerStatusMenu } from "./commands/statusMenu.ts";
import { registerEngine } from "./engine/register.ts";
import { registerInline } from "./inline/register.ts";
import { registerStatusItem } from "./inline/statusItem.ts";
import { registerLanguageModel } from "./lm/languageModelProvider.ts";
import { registerParticipant } from "./lm/participant.ts";
import { registerModels } from "./models/register.ts";
import { registerNextEdits } from "./nextEdit/register.ts";
import { registerRepositoryIndex } from "./repository/indexedFiles.ts";
import { createServices, type Services } from "./services.ts";
import { registerStatistics } from "./statistics/panel.ts";
import { registerWalkthrough } from "./walkthrough/register.ts";

/** Each feature with its name in the log. */
const FEATURES: [name: string, register: (context: vscode.ExtensionContext, services: Services) => void][] = [
  ["status item", registerStatusItem],
  ["status menu", registerStatusMenu],
  ["suggestions", registerInline],
  ["next edits", registerNextEdits],
  ["chat", registerChat],
  ["commands on code", registerCommands],
  ["code actions", registerCodeActions],
  ["models", registerModels],
  ["statistics", registerStatistics],
  ["language model for other extensions", registerLanguageModel],
  ["@sterna in VS Code's chat", registerParticipant],
  ["walkthrough", registerWalkthrough],
  ["index of the workspace", registerRepositoryIndex],
  // The engine is started last, when everything that listens to it is registered.
  ["engine", registerEngine],
];

let services: Services | undefined;

export function activate(context: vscode.ExtensionContext): SternaApi {
  const created = createServices(context);
  services = created;
  const api = createApi(created);
  for (const [name, register] of FEATURES) {
    try {
      register(context, created);
    } catch (error) {
      // Editors derived from VS Code lack parts of its API. The other features work without them.
      created.log.error(`This editor has no support for: ${name} (${messageOf(error)})`);
    }
  }
  return api;
}

export function deactivate(): Promise<void> | undefined {
  return services?.engine.stop();
}
