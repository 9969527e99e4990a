/**
 * Ties the protocol to the services. Knows nothing of processes: the connection and everything native come from
 * outside, so that tests run it in memory.
 */
import { join } from "node:path";
import { type CancellationToken, ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc";
import { Battery } from "./battery.ts";
import { Answerer } from "./chat/answer.ts";
import { Conversations } from "./chat/conversations.ts";
import { Journal } from "./chat/journal.ts";
import { Tasks } from "./chat/tasks.ts";
import { realClock } from "./clock.ts";
import { CompletionService } from "./completion/complete.ts";
import { Documents } from "./documents.ts";
import { Downloads } from "./downloads.ts";
import { ModelService, type ResolvePack } from "./modelService.ts";
import type { NativeAddon } from "./native.ts";
import * as protocol from "./protocol.ts";
import { builtinModel } from "./root.ts";
import { isBusy, Scheduler } from "./scheduler.ts";

export interface ServerDependencies {
  /** @param root package root, from `initialize`. */
  loadAddon(root: string): NativeAddon;
  resolvePack: ResolvePack;
  log(line: string): void;
  /** Called when the client asks for shutdown. */
  onShutdown(): void;
}

/** How often it is looked whether the models rest. */
const REST_CHECK_MS = 30_000;

interface Services {
  settings: protocol.EngineSettings;
  downloads: Downloads;
  /** Loads what the settings name. */
  load(): void;
  close(): Promise<void>;
  documents: Documents;
  scheduler: Scheduler;
  models: ModelService;
  completion: CompletionService;
  answerer: Answerer;
  conversations: Conversations;
  tasks: Tasks;
}

/** Answers on the connection until it closes. The caller calls `listen()`. */
export function serve(connection: MessageConnection, deps: ServerDependencies): { close(): Promise<void> } {
  let services: Services | undefined;
  const started = (): Services => {
    if (services === undefined) {
      throw new ResponseError(ErrorCodes.ServerNotInitialized, '"initialize" must be the first request.');
    }
    return services;
  };

  connection.onRequest(protocol.initialize, (params): protocol.InitializeResult => {
    if (params.protocolVersion !== protocol.PROTOCOL_VERSION) {
      throw new ResponseError(
        ErrorCodes.InvalidRequest,
        `The extension speaks protocol version ${params.protocolVersion}, the engine ${protocol.PROTOCOL_VERSION}: ` +
          "the installation is half updated. Reload the window; if that does not help, reinstall Sterna.",
      );
    }
    services ??= createServices(connection, deps, params);
    services.load();
    return { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid };
  });
  connection.onNotification(protocol.configure, (settings) => {
    const running = started();
    running.settings = settings;
    running.load();
  });
  connection.onRequest(protocol.shutdown, async () => {
    await close();
    deps.onShutdown();
    return null;
  });

  connection.onNotification(protocol.documentOpened, (document) => started().documents.open(document));
  connection.onNotification(protocol.documentChanged, (change) => {
    started().documents.change(change);
    started().completion.edited(change);
  });
  connection.onNotification(protocol.suggestionDismissed, ({ uri }) => started().completion.dismissed(uri));
  connection.onNotification(protocol.cursorMoved, (place) => started().completion.moved(place));
  connection.onNotification(protocol.documentSaved, ({ uri }) => started().completion.saved(uri));
  connection.onNotification(protocol.definitionsFound, (found) => started().completion.defined(found));
  connection.onNotification(protocol.cursorLeft, () => started().completion.left());
  connection.onNotification(protocol.documentClosed, ({ uri }) => {
    started().documents.close(uri);
    started().completion.forget(uri);
  });

  connection.onRequest(protocol.complete, (params, token) =>
    withSignal(token, (signal) => started().completion.complete(params, signal)),
  );
  connection.onRequest(protocol.chat, (params, token) =>
    withSignal(token, (signal) =>
      started().answerer.answer(
        params,
        (text) => void connection.sendProgress(protocol.chatText, params.progressToken, text),
        signal,
      ),
    ),
  );
  connection.onRequest(
    protocol.countTokens,
    ({ text }) => started().answerer.model.native.tokenizer.encode(text).length,
  );

  connection.onRequest(protocol.chatOpen, ({ id }) => started().conversations.open(id));
  connection.onRequest(protocol.chatList, ({ query }) => started().conversations.list(query));
  connection.onRequest(protocol.chatExport, ({ id }) => started().conversations.export(id));
  connection.onRequest(protocol.chatAct, ({ conversation, action }) =>
    done(started().conversations.act(conversation, action)),
  );
  connection.onRequest(protocol.chatRemove, ({ id }) => done(started().conversations.remove(id)));
  connection.onRequest(protocol.chatRecord, ({ conversation, question, answer, note }) =>
    done(started().conversations.record(conversation, question, answer, note)),
  );

  connection.onRequest(protocol.task, (params, token) =>
    withSignal(token, (signal) =>
      started().tasks.run(
        params,
        (progress) => void connection.sendProgress(protocol.taskProgress, params.progressToken, progress),
        signal,
      ),
    ),
  );
  connection.onRequest(protocol.fitCode, ({ code, text }) => started().tasks.fit(code, text));
  connection.onNotification(protocol.taskExpected, ({ code }) => {
    // Whatever goes wrong will show when the command is given.
    started()
      .tasks.expect(code, new AbortController().signal)
      .catch(() => {});
  });

  connection.onRequest(protocol.modelList, () => started().downloads.list());
  connection.onRequest(protocol.modelDownload, ({ id }, token) =>
    withSignal(token, (signal) => started().downloads.download(id, signal)),
  );
  connection.onRequest(protocol.modelRemove, ({ id }) => done(started().downloads.remove(id)));
  connection.onRequest(protocol.modelCompact, ({ id }, token) =>
    withSignal(token, (signal) => started().downloads.compact(id, signal)),
  );
  connection.onRequest(protocol.machineBench, () => started().downloads.bench());

  async function close(): Promise<void> {
    services?.scheduler.cancelAll();
    await services?.conversations.close();
    await services?.close();
  }
  return { close };
}

function createServices(
  connection: MessageConnection,
  deps: ServerDependencies,
  params: protocol.InitializeParams,
): Services {
  const sendStatus = (status: protocol.Status) => void connection.sendNotification(protocol.status, status);
  const documents = new Documents();
  const scheduler = new Scheduler((load) => {
    const status = models.status(load);
    if (status !== undefined) {
      sendStatus(status);
    }
  });
  const modelDependencies = {
    loadAddon: () => deps.loadAddon(params.root),
    resolvePack: deps.resolvePack,
    builtinModel: builtinModel(params.root),
    storage: params.storage,
    log: deps.log,
  };
  const models = new ModelService({ ...modelDependencies, onStatus: sendStatus });
  /** A model of the chat's own, where the settings name one. */
  const chatModels = new ModelService({
    ...modelDependencies,
    onStatus: ({ state, detail }) => {
      if (detail !== "") deps.log(`Model of the chat, ${state}: ${detail}`);
    },
  });
  const hasChatModel = () => {
    const { model, chatModel } = services.settings;
    return chatModel !== "" && chatModel !== model;
  };
  const answerer = new Answerer({ scheduler, model: () => (hasChatModel() ? chatModels : models).current() });
  const downloads = new Downloads({
    models: join(params.storage, "models"),
    settings: () => services.settings.download,
    measure: async () => {
      const addon = deps.loadAddon(params.root);
      const { kernels, processors } = addon.info();
      const threads = services.settings.threads || Math.max(1, processors - 1);
      return await addon.measureCeilings({ threads, kernel: kernels.at(-1) ?? "scalar", megabytes: 256, passes: 3 });
    },
    pack: async (path, signal) => {
      const layout = deps.loadAddon(params.root).preferredLayout();
      return await deps.resolvePack(path, params.storage, { layout, signal, onProgress: () => {} });
    },
    onProgress: (progress) => void connection.sendNotification(protocol.modelProgress, progress),
    log: deps.log,
  });
  const restCheck = setInterval(() => {
    const { unloadMinutes } = services.settings;
    if (unloadMinutes > 0 && !isBusy(scheduler.load)) {
      void models.unloadAfter(unloadMinutes * 60_000);
      void chatModels.unloadAfter(unloadMinutes * 60_000);
    }
  }, REST_CHECK_MS);
  restCheck.unref();
  const battery = new Battery(realClock.now);
  const services: Services = {
    settings: params.settings,
    downloads,
    load() {
      const { settings } = services;
      void models.load(settings);
      if (hasChatModel()) void chatModels.load({ ...settings, model: settings.chatModel });
      else void chatModels.close();
    },
    async close() {
      clearInterval(restCheck);
      await Promise.all([models.close(), chatModels.close()]);
    },
    documents,
    scheduler,
    models,
    completion: new CompletionService({
      documents,
      scheduler,
      clock: realClock,
      model: models.current,
      settings: () => services.settings,
      onBattery: () => battery.inUse,
      onAccepted: (acceptance) => void connection.sendNotification(protocol.suggestionAccepted, acceptance),
    }),
    answerer,
    conversations: new Conversations({
      answerer,
      journal: new Journal(params.conversations),
      emit: (conversation, event) => void connection.sendNotification(protocol.chatEvent, { conversation, event }),
    }),
    tasks: new Tasks(answerer),
  };
  return services;
}

/** A request that gives nothing but its end. */
async function done(work: Promise<void>): Promise<null> {
  await work;
  return null;
}

/** Runs a request with an AbortSignal that follows the protocol's cancellation. */
async function withSignal<T>(token: CancellationToken, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  if (token.isCancellationRequested) {
    controller.abort();
  }
  const subscription = token.onCancellationRequested(() => controller.abort());
  try {
    return await run(controller.signal);
  } finally {
    subscription.dispose();
  }
}
