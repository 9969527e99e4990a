/**
 * Wires the rooms together when VS Code activates the extension.
 */
import path from "node:path";
import * as vscode from "vscode";
import type { CompletionTimings } from "../engine/protocol/completion.ts";
import { chatOpen } from "../engine/protocol/conversations.ts";
import type { ModelRow } from "../engine/protocol/models.ts";
import type { Status } from "../engine/protocol/status.ts";
import type { SternaApi } from "./api.ts";
import { registerCommands } from "./commands/register.ts";
import { showMenu } from "./commands/statusMenu.ts";
import { onConfigChange, readConfig, setEnabled } from "./config.ts";
import { EngineClient } from "./engine/client.ts";
import { CursorReporter } from "./inline/cursorReports.ts";
import { DocumentMirror } from "./inline/mirror.ts";
import { ACCEPTED_COMMAND, InlineProvider, SELECTOR } from "./inline/provider.ts";
import type { Silence } from "./inline/silenceSentences.ts";
import { StatusItem } from "./inline/statusItem.ts";
import { lastResult } from "./inline/statusText.ts";
import { PARTICIPANT, participantHandler } from "./lm/participant.ts";
import { SternaModels, VENDOR } from "./lm/provider.ts";
import { ServerKey } from "./models/serverKey.ts";
import { MODELS_VIEW, ModelsView } from "./models/view.ts";
import { StatisticsPanel } from "./statistics/panel.ts";

let client: EngineClient | undefined;

export function activate(context: vscode.ExtensionContext): SternaApi {
  const log = vscode.window.createOutputChannel("Sterna", { log: true });
  let config = readConfig();
  const secrets = new ServerKey(context.secrets, () => {
    config = readConfig(secrets.value);
    engine.configure();
  });
  const counts = { shown: 0, accepted: 0, silent: {} as Partial<Record<Silence, number>> };
  let lastTimings: CompletionTimings | undefined;
  let lastSilence: Silence | undefined;
  let lastShown: ReturnType<SternaApi["lastShown"]>;

  const ready = deferred();
  /** The engine has a model; until then nothing can be computed ahead. */
  let loaded = false;

  const onStatus = (status: Status) => {
    statusItem.setStatus(status);
    chat.relay.setStatus(status);
    languageModels.setStatus(status);
    if (status.state === "ready") {
      if (!loaded) {
        loaded = true;
        cursor.report();
      }
      ready.resolve();
    } else if (status.state === "failed") {
      ready.reject(new Error(status.detail));
      log.error(status.detail);
    }
  };
  const engine = new EngineClient({
    script: () => engineScript(context),
    root: context.extensionPath,
    storage: context.globalStorageUri.fsPath,
    // What was said about a project stays with it.
    conversations: path.join((context.storageUri ?? context.globalStorageUri).fsPath, "conversations"),
    settings: () => config.engine,
    isShared: true,
    log: (line) => log.info(line),
    onStatus,
    onModelProgress: (progress) => models.showProgress(progress),
    onAccepted: (acceptance) => statistics.accepted(acceptance),
    onChatEvent: (conversation, event) => chat.relay.onEvent(conversation, event),
    onStarted: () => {
      loaded = false;
      models.refresh();
      mirror.reopenAll();
      chat.relay.engineStarted();
    },
    onEnded: () => chat.relay.engineEnded(),
  });
  client = engine;
  const statistics = new StatisticsPanel(context.globalState);
  const mirror = new DocumentMirror(engine);
  const cursor = new CursorReporter({ client: engine, mirror, config: () => config });
  const statusItem = new StatusItem(engine.status, config.enabled);
  const { chat, proposals } = registerCommands(context, engine);
  const languageModels = new SternaModels(engine);

  const models = new ModelsView({
    client: engine,
    inUse: () => config.engine,
    log: (line) => log.error(line),
  });

  const onSilence = (reason: Silence) => {
    lastSilence = reason;
    counts.silent[reason] = (counts.silent[reason] ?? 0) + 1;
  };
  const provider = new InlineProvider({
    client: engine,
    mirror,
    config: () => config,
    onResult: (result, uri) => {
      statistics.answered(result);
      if (result.kind === "shown") {
        lastShown = { uri, text: result.text, source: result.source };
        counts.shown++;
        lastSilence = undefined;
      } else {
        if (result.reason !== "cancelled") lastShown = undefined;
        onSilence(result.reason);
      }
      if (result.timings !== undefined && result.timings.promptTokens > 0) {
        lastTimings = result.timings;
      }
      log.debug(JSON.stringify(result));
      // An overtaken request says nothing about the text on the screen.
      if (result.kind === "shown" || result.reason !== "cancelled") {
        statusItem.setLast(lastResult(result));
      }
    },
    onNotAsked: (reason) => {
      onSilence(reason);
      statusItem.setLast({ kind: "silent", reason, detail: "", timings: undefined });
    },
  });

  const command = (name: string, run: (row?: ModelRow) => unknown) => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    log,
    mirror,
    cursor,
    statusItem,
    statistics,
    languageModels,
    vscode.lm.registerLanguageModelChatProvider(VENDOR, languageModels),
    vscode.chat.createChatParticipant(PARTICIPANT, participantHandler(engine)),
    vscode.languages.registerInlineCompletionItemProvider(SELECTOR, provider),
    models,
    secrets,
    vscode.window.registerTreeDataProvider(MODELS_VIEW, models),
    onConfigChange(() => {
      config = readConfig(secrets.value);
      statusItem.setEnabled(config.enabled);
      engine.configure();
      models.refresh();
    }),
    command("sterna.toggle", () => setEnabled(!config.enabled)),
    command("sterna.trigger", () => vscode.commands.executeCommand("editor.action.inlineSuggest.trigger")),
    command("sterna.dismiss", async () => {
      const uri = vscode.window.activeTextEditor?.document.uri.toString();
      await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
      if (uri !== undefined) {
        engine.dismissSuggestion(uri);
      }
    }),
    command("sterna.restart", () => engine.restart()),
    command("sterna.showLog", () => log.show()),
    command("sterna.showStatistics", () => statistics.show()),
    command("sterna.menu", () => showMenu(config.enabled, statusItem.summary)),
    command("sterna.manageModels", () => vscode.commands.executeCommand(`${MODELS_VIEW}.focus`)),
    command("sterna.downloadModel", (row?: ModelRow) => models.download(row)),
    command("sterna.pauseDownload", (row?: ModelRow) => models.pause(row)),
    command("sterna.useModel", (row?: ModelRow) => models.use(row)),
    command("sterna.useModelForChat", (row?: ModelRow) => models.use(row, true)),
    command("sterna.removeModel", (row?: ModelRow) => models.remove(row)),
    command("sterna.removeSource", (row?: ModelRow) => models.compact(row)),
    command("sterna.modelDetails", (row?: ModelRow) => models.details(row)),
    command("sterna.setServerKey", () => secrets.ask()),
    command("sterna.benchMachine", () => models.bench()),
    command(ACCEPTED_COMMAND, () => {
      counts.accepted++;
    }),
  );
  // The key is asked for before the first connection, which would fail without it.
  void secrets.read().finally(() => engine.start());

  return {
    ready: ready.promise,
    status: () => engine.status,
    lastTimings: () => lastTimings,
    lastShown: () => lastShown,
    lastSilence: () => lastSilence,
    counts: () => structuredClone(counts),
    enginePid: () => engine.pid,
    proposal: () => proposals.state,
    conversation: async () => {
      const id = chat.relay.conversation?.id;
      return id === undefined ? undefined : await engine.request(chatOpen, { id });
    },
  };
}

/** The engine; tests may put one of theirs in its place, which speaks the same protocol. */
function engineScript(context: vscode.ExtensionContext): string {
  const ofTests = context.extensionMode === vscode.ExtensionMode.Test ? process.env.STERNA_TEST_ENGINE : undefined;
  return ofTests ?? context.asAbsolutePath("dist/engine.cjs");
}

/** A promise with its ends. Whoever wants to know of a failure awaits it; for everybody else it is no error. */
function deferred(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let resolve = () => {};
  let reject = (_: Error) => {};
  const promise = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

export function deactivate(): Promise<void> | undefined {
  return client?.stop();
}
