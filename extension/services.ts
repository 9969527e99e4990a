/** Everything that the extension's rooms share. It is created once, at activation. */
import * as vscode from "vscode";
import { EngineClient } from "../engine/client/client.ts";
import { messageOf } from "../engine/client/errors.ts";
import { ChatView } from "./chat/chatView.ts";
import { Proposals } from "./commands/changeProposals.ts";
import { ConfigStore } from "./config.ts";
import { RequestHistory } from "./inline/requestHistory.ts";
import { StatusItem } from "./inline/statusItem.ts";
import { Log } from "./log.ts";
import { ModelChooser } from "./models/chooser.ts";
import { ServerKey } from "./models/serverKey.ts";
import { NextEdits } from "./nextEdit/controller.ts";
import { conversationFolder } from "./repository/conversationFolder.ts";
import { DocumentMirror } from "./repository/documentMirror.ts";
import { FileAccess } from "./repository/fileAccess.ts";
import { showError } from "./showError.ts";
import { StatisticsPanel } from "./statistics/panel.ts";

export interface Services {
  log: Log;
  serverKey: ServerKey;
  config: ConfigStore;
  engine: EngineClient;
  access: FileAccess;
  documents: DocumentMirror;
  history: RequestHistory;
  statusItem: StatusItem;
  statistics: StatisticsPanel;
  chat: ChatView;
  proposals: Proposals;
  models: ModelChooser;
  nextEdits: NextEdits;
  /** Registers a command. An error that it throws is shown with its buttons. */
  command<A extends unknown[]>(name: string, run: (...args: A) => unknown): void;
}

export function createServices(context: vscode.ExtensionContext): Services {
  const log = new Log(context.logUri);
  const serverKey: ServerKey = new ServerKey(context.secrets, () => config.refresh());
  const config = new ConfigStore(() => serverKey.value);
  const engine = new EngineClient({
    script: () => engineScript(context),
    root: context.extensionPath,
    storage: context.globalStorageUri.fsPath,
    conversations: conversationFolder(context),
    settings: () => config.current.engine,
    isShared: true,
    log: (line) => log.info(line),
  });
  const access = new FileAccess(config);
  const documents = new DocumentMirror(engine, access);
  const statusItem = new StatusItem(engine.status, config.current.enabled);
  const statistics = new StatisticsPanel(context.globalState);
  const proposals = new Proposals();
  const models = new ModelChooser(engine, config);
  const chat = new ChatView({ context, engine, access, models });
  const nextEdits = new NextEdits({ engine, documents, access, config, log });
  context.subscriptions.push(
    nextEdits,
    log,
    serverKey,
    config,
    access,
    documents,
    statusItem,
    statistics,
    proposals,
    models,
    chat,
  );
  const command = commandRegistrar(context, log);
  const history = new RequestHistory();
  return {
    log,
    serverKey,
    config,
    engine,
    access,
    documents,
    history,
    statusItem,
    statistics,
    chat,
    proposals,
    models,
    nextEdits,
    command,
  };
}

function commandRegistrar(context: vscode.ExtensionContext, log: Log): Services["command"] {
  return (name, run) => {
    const handler = async (...args: Parameters<typeof run>) => {
      try {
        await run(...args);
      } catch (error) {
        log.error(`${name}: ${messageOf(error)}`);
        void showError(error);
      }
    };
    context.subscriptions.push(vscode.commands.registerCommand(name, handler));
  };
}

/** The path of the engine. Tests may put an engine with the same protocol in its place. */
function engineScript(context: vscode.ExtensionContext): string {
  const ofTests = context.extensionMode === vscode.ExtensionMode.Test ? process.env.STERNA_TEST_ENGINE : undefined;
  return ofTests ?? context.asAbsolutePath("dist/engine.cjs");
}
