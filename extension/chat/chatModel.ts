/** Tells the user, wherever the chat or a command is called, when the model in use does not answer questions. */
import * as vscode from "vscode";
import { chatAbility } from "../../engine/client/chatAbility.ts";
import type { EngineClient } from "../../engine/client/client.ts";
import type { ModelRow } from "../../engine/protocol/models.ts";
import { ActionableError, type ErrorAction } from "../actionableError.ts";
import type { ModelChooser } from "../models/chooser.ts";
import { gigabytes } from "../models/modelRows.ts";

/** Context key for the manifest's `when` clauses: the model in use is known not to chat. */
const CANNOT_CHAT = "sterna.cannotChat";

/** @throws ActionableError that offers a chat model, when the model in use does not answer questions. */
export async function requireChatModel({
  engine,
  models,
}: {
  engine: EngineClient;
  models: ModelChooser;
}): Promise<void> {
  const ability = chatAbility(engine.status);
  if (ability.kind === "no") {
    throw new ActionableError(ability.sentence, ...(await chatModelActions(models)));
  }
}

/** Buttons that lead to a model that answers questions. */
async function chatModelActions(models: ModelChooser): Promise<ErrorAction[]> {
  const label = await chatModelLabel(models);
  const choose = { title: "Show Models", command: "sterna.manageModels" };
  return label === "" ? [choose] : [{ title: label, command: "sterna.getChatModel" }, choose];
}

/** The label of the button that gets a model for the chat; "" when no model fits. */
export async function chatModelLabel(models: ModelChooser): Promise<string> {
  const row: ModelRow | undefined = await models.chatModel().catch(() => undefined);
  if (row === undefined) return "";
  return row.state === "installed" ? `Use ${row.name}` : `Download ${row.name} (${gigabytes(row.bytes)})`;
}

/** Keeps the context key up to date. */
export function watchChatModel(engine: EngineClient): { dispose(): void } {
  let last: boolean | undefined;
  return engine.listen({
    onStatus: (status) => {
      const cannot = chatAbility(status).kind === "no";
      if (cannot !== last) {
        last = cannot;
        void vscode.commands.executeCommand("setContext", CANNOT_CHAT, cannot);
      }
    },
  });
}
