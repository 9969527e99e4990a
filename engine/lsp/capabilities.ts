/** The client's abilities, as far as they matter, and what the server offers it. Plain data in and out. */
import {
  type ClientCapabilities,
  CodeActionKind,
  type InitializeResult,
  PositionEncodingKind,
  TextDocumentSyncKind,
} from "vscode-languageserver/node";
import { EDIT_COMMAND, EXPLAIN_COMMAND } from "./codeActions.ts";
import { ACCEPTED_COMMAND } from "./inlineCompletion.ts";

export const DISMISSED_COMMAND = "sterna.dismissed";
export const RESTART_COMMAND = "sterna.restart";

export interface ClientAbilities {
  inlineCompletion: boolean;
  /** Whether the client asks for the edit of a code action after it was chosen. */
  resolvesEdits: boolean;
  documentChanges: boolean;
  showDocument: boolean;
  progress: boolean;
  /** Whether the client answers workspace/configuration. */
  configuration: boolean;
  registersConfiguration: boolean;
  registersWatchers: boolean;
}

export function abilitiesOf({ textDocument, workspace, window }: ClientCapabilities): ClientAbilities {
  const { codeAction } = textDocument ?? {};
  return {
    inlineCompletion: textDocument?.inlineCompletion !== undefined,
    resolvesEdits: codeAction?.dataSupport === true && codeAction.resolveSupport?.properties.includes("edit") === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    showDocument: window?.showDocument?.support === true,
    progress: window?.workDoneProgress === true,
    configuration: workspace?.configuration === true,
    registersConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registersWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
  };
}

export function offered(abilities: ClientAbilities, version: string): InitializeResult {
  return {
    serverInfo: { name: "sterna", version },
    capabilities: {
      positionEncoding: PositionEncodingKind.UTF16,
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
      // A client that shows inline completions would show everything twice.
      ...(abilities.inlineCompletion
        ? { inlineCompletionProvider: true }
        : { completionProvider: { resolveProvider: false } }),
      codeActionProvider: {
        codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite],
        resolveProvider: abilities.resolvesEdits,
      },
      executeCommandProvider: {
        commands: [ACCEPTED_COMMAND, DISMISSED_COMMAND, EDIT_COMMAND, EXPLAIN_COMMAND, RESTART_COMMAND],
        workDoneProgress: true,
      },
      workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
    },
  };
}
