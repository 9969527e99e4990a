/**
 * Ties the protocol to the services. Knows nothing of processes: the connections and everything native come from
 * outside, so that tests run it in memory.
 *
 * Every connection is one window: its documents, suggestions, conversations and requests are its own and end with it.
 * The models with what they have computed are the {@link Engine}'s, for all windows. Urgency between windows is the
 * native runtime's affair: a more urgent job of any window pauses a less urgent one, and equals run as they came.
 */
import { join } from "node:path";
import { type CancellationToken, ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc";
import { ModelPool } from "../backend/modelPool.ts";
import type { ResolvePack } from "../backend/modelService.ts";
import { isBusy, Scheduler } from "../backend/scheduler.ts";
import { Answerer } from "../chat/answer.ts";
import { Conversations } from "../chat/conversations.ts";
import { Journal } from "../chat/journal.ts";
import { Tasks } from "../chat/taskService.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import { readMachine, threadsFor } from "../machine/machine.ts";
import { Downloads } from "../models/library.ts";
import type { NativeAddon } from "../native.ts";
import { NextEditService } from "../nextEdit/nextEditService.ts";
import { builtinModel } from "../packageRoot.ts";
import * as protocol from "../protocol/index.ts";
import { Documents } from "../repository/openDocuments.ts";
import { Battery } from "./battery.ts";
import { serveRepository } from "./repositoryService.ts";

export interface EngineDependencies {
  /** @param root package root, from `initialize`. */
  loadAddon(root: string): NativeAddon;
  resolvePack: ResolvePack;
  log(line: string): void;
  /** Called when a client asks for shutdown. */
  onShutdown(): void;
}

interface Services {
  settings: protocol.EngineSettings;
  downloads: Downloads;
  /** Loads what the settings name. */
  load(): void;
  close(): Promise<void>;
  documents: Documents;
  completion: CompletionService;
  nextEdits: NextEditService;
  answerer: Answerer;
  conversations: Conversations;
  tasks: Tasks;
}

/** What the connections of a process share. */
export class Engine {
  readonly deps: EngineDependencies;
  readonly battery = new Battery(realClock.now);
  /** Downloads in progress, by identifier. */
  readonly downloading = new Map<string, AbortController>();
  /** Everybody who is told of a download's progress. */
  readonly listeners = new Set<(progress: protocol.ModelProgress) => void>();
  #place: { root: string; storage: string; models: ModelPool } | undefined;

  constructor(deps: EngineDependencies) {
    this.deps = deps;
  }

  /**
   * The models of an installation; the first one that asks settles which it is.
   *
   * @throws ResponseError for another one.
   */
  models(root: string, storage: string): ModelPool {
    const { loadAddon, resolvePack, log } = this.deps;
    this.#place ??= {
      root,
      storage,
      models: new ModelPool({
        loadAddon: () => loadAddon(root),
        resolvePack,
        builtinModel: builtinModel(root),
        storage,
        log,
      }),
    };
    if (this.#place.root !== root || this.#place.storage !== storage) {
      throw new ResponseError(ErrorCodes.InvalidRequest, "This engine belongs to another installation of Sterna.");
    }
    return this.#place.models;
  }
}

/** Answers on the connection until it closes, which the caller tells with `close`. The caller calls `listen()`. */
export function serve(connection: MessageConnection, engine: Engine): { close(): Promise<void> } {
  let services: Services | undefined;
  const started = (): Services => {
    if (services === undefined) {
      throw new ResponseError(ErrorCodes.ServerNotInitialized, '"initialize" must be the first request.');
    }
    return services;
  };
  const requests = new Requests();

  connection.onRequest(protocol.initialize, (params): protocol.InitializeResult => {
    if (params.protocolVersion !== protocol.PROTOCOL_VERSION) {
      throw new ResponseError(
        ErrorCodes.InvalidRequest,
        `The extension speaks protocol version ${params.protocolVersion}, the engine ${protocol.PROTOCOL_VERSION}: ` +
          "the installation is half updated. Reload the window; if that does not help, reinstall Sterna.",
      );
    }
    services ??= createServices(connection, engine, params);
    services.load();
    return { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid };
  });
  connection.onRequest(protocol.ping, () => null);
  connection.onNotification(protocol.configure, (settings) => {
    const running = started();
    running.settings = settings;
    running.load();
  });
  connection.onRequest(protocol.shutdown, async () => {
    await close();
    engine.deps.onShutdown();
    return null;
  });

  connection.onNotification(protocol.documentOpened, (document) => {
    started().nextEdits.opened(document);
    started().documents.open(document);
  });
  connection.onNotification(protocol.documentChanged, (change) => {
    started().nextEdits.changed(change);
    started().documents.change(change);
    started().completion.edited(change);
  });
  connection.onNotification(protocol.suggestionDismissed, ({ uri }) => started().completion.dismissed(uri));
  connection.onNotification(protocol.cursorMoved, (place) => started().completion.moved(place));
  connection.onNotification(protocol.documentSaved, ({ uri }) => started().completion.saved(uri));
  connection.onNotification(protocol.definitionsFound, (found) => started().completion.defined(found));
  connection.onNotification(protocol.cursorLeft, () => started().completion.left());
  connection.onNotification(protocol.documentClosed, ({ uri }) => {
    started().nextEdits.closed(uri);
    started().documents.close(uri);
    started().completion.forget(uri);
  });

  connection.onRequest(protocol.nextEdit, (params) => started().nextEdits.next(params));
  connection.onRequest(protocol.nextEditsOfRule, (params) => started().nextEdits.all(params));
  connection.onNotification(protocol.nextEditDismissed, ({ rule }) => started().nextEdits.dismissed(rule));

  connection.onRequest(protocol.complete, (params, token) =>
    requests.run(token, (signal) => started().completion.complete(params, signal)),
  );
  connection.onRequest(protocol.chat, (params, token) =>
    requests.run(token, (signal) =>
      started().answerer.answer(
        params,
        (text) => quietly(() => connection.sendProgress(protocol.chatText, params.progressToken, text)),
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
    requests.run(token, (signal) =>
      started().tasks.run(
        params,
        (progress) => quietly(() => connection.sendProgress(protocol.taskProgress, params.progressToken, progress)),
        signal,
      ),
    ),
  );
  connection.onRequest(protocol.fitCode, ({ code, text }) => started().tasks.fit(code, text));
  connection.onNotification(protocol.taskExpected, ({ code }) => {
    // Whatever goes wrong will show when the command is given.
    started()
      .tasks.expect(code, requests.signal)
      .catch(() => {});
  });

  connection.onRequest(protocol.modelList, () => started().downloads.list());
  connection.onRequest(protocol.modelDownload, ({ id }, token) =>
    requests.run(token, (signal) => started().downloads.download(id, signal)),
  );
  connection.onRequest(protocol.modelRemove, ({ id }) => done(started().downloads.remove(id)));
  connection.onRequest(protocol.modelCompact, ({ id }, token) =>
    requests.run(token, (signal) => started().downloads.compact(id, signal)),
  );
  connection.onRequest(protocol.machineBench, () => started().downloads.bench());

  async function close(): Promise<void> {
    requests.abort();
    await services?.close();
  }
  return { close };
}

function createServices(connection: MessageConnection, engine: Engine, params: protocol.InitializeParams): Services {
  const { deps } = engine;
  /** The last status of the chat's own model. */
  let chatModelStatus: protocol.ChatModelStatus | undefined;
  const sendStatus = (status: protocol.Status) => {
    const own = hasChatModel() ? (chatModelStatus ?? { state: "starting", detail: "" }) : undefined;
    const whole: protocol.Status = own === undefined ? status : { ...status, chatModel: own };
    quietly(() => connection.sendNotification(protocol.status, whole));
  };
  const tellProgress = (progress: protocol.ModelProgress) =>
    quietly(() => connection.sendNotification(protocol.modelProgress, progress));
  const documents = new Documents();
  const scheduler = new Scheduler((load) => {
    const status = model.status(load);
    if (status !== undefined) {
      sendStatus(status);
    }
  });
  const models = engine.models(params.root, params.storage);
  const isWorking = () => isBusy(scheduler.load);
  const unloadMinutes = () => services.settings.unloadMinutes;
  const model = models.user({ onStatus: sendStatus, isBusy: isWorking, unloadMinutes });
  /** A model of the chat's own, where the settings name one. */
  const chatModel = models.user({
    onStatus: ({ state, detail, model: summary }) => {
      if (detail !== "") deps.log(`Model of the chat, ${state}: ${detail}`);
      chatModelStatus = { state, detail, ...(summary && { model: summary }) };
      const status = model.status(scheduler.load);
      if (status !== undefined) sendStatus(status);
    },
    isBusy: isWorking,
    unloadMinutes,
  });
  const hasChatModel = () => {
    const { model, chatModel } = services.settings;
    return chatModel !== "" && chatModel !== model;
  };
  const answerer = new Answerer({ scheduler, model: () => (hasChatModel() ? chatModel : model).current() });
  const downloads = new Downloads({
    models: join(params.storage, "models"),
    settings: () => services.settings.download,
    running: engine.downloading,
    measure: async () => {
      const addon = deps.loadAddon(params.root);
      const { kernels } = addon.info();
      const threads = threadsFor(readMachine(), services.settings.threads);
      return await addon.measureCeilings({ threads, kernel: kernels.at(-1) ?? "scalar", megabytes: 256, passes: 3 });
    },
    pack: async (path, signal) => {
      const layout = deps.loadAddon(params.root).preferredLayout();
      return await deps.resolvePack(path, params.storage, { layout, signal, onProgress: () => {} });
    },
    onProgress: (progress) => {
      for (const tell of engine.listeners) tell(progress);
    },
    log: deps.log,
  });
  engine.listeners.add(tellProgress);
  const conversations = new Conversations({
    answerer,
    journal: new Journal(params.conversations),
    emit: (conversation, event) =>
      quietly(() => connection.sendNotification(protocol.chatEvent, { conversation, event })),
  });
  const repository = serveRepository(connection, {
    loadAddon: () => deps.loadAddon(params.root),
    isBusy: () => isBusy(scheduler.load),
    log: deps.log,
  });
  const completion = new CompletionService({
    documents,
    scheduler,
    clock: realClock,
    model: model.current,
    settings: () => services.settings,
    onBattery: () => engine.battery.inUse,
    repository: (uri, languageId) => repository.viewFor(uri, languageId, documents.uris()),
    onAccepted: (acceptance) => quietly(() => connection.sendNotification(protocol.suggestionAccepted, acceptance)),
  });
  let isClosed = false;
  const services: Services = {
    settings: params.settings,
    downloads,
    load() {
      if (isClosed) return;
      model.want(services.settings);
      // After the model of the suggestions: where memory does not suffice for both, that one is kept.
      void model.settled.then(() => {
        const { settings } = services;
        if (hasChatModel() && !isClosed) chatModel.want({ ...settings, model: settings.chatModel });
      });
      if (!hasChatModel()) void chatModel.leave();
    },
    async close() {
      isClosed = true;
      engine.listeners.delete(tellProgress);
      repository.close();
      completion.left();
      scheduler.cancelAll();
      await conversations.close();
      await Promise.all([model.leave(), chatModel.leave()]);
    },
    documents,
    completion,
    nextEdits: new NextEditService({ documents, now: realClock.now }),
    answerer,
    conversations,
    tasks: new Tasks(answerer),
  };
  return services;
}

/** Sends a message. The window may have gone meanwhile: its end is told elsewhere, and the others go on. */
export function quietly(send: () => Promise<void>): void {
  try {
    send().catch(() => {});
  } catch {
    // The connection is closed.
  }
}

/** A request that gives nothing but its end. */
async function done(work: Promise<void>): Promise<null> {
  await work;
  return null;
}

/** The requests of a connection that are being answered. */
class Requests {
  readonly #running = new Set<AbortController>();
  readonly #all = new AbortController();

  /** Ends when the connection does. */
  get signal(): AbortSignal {
    return this.#all.signal;
  }

  /** Runs a request with an AbortSignal that follows the protocol's cancellation and the end of the connection. */
  async run<T>(token: CancellationToken, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    if (token.isCancellationRequested || this.signal.aborted) {
      controller.abort();
    }
    const subscription = token.onCancellationRequested(() => controller.abort());
    this.#running.add(controller);
    try {
      return await run(controller.signal);
    } finally {
      subscription.dispose();
      this.#running.delete(controller);
    }
  }

  abort(): void {
    this.#all.abort();
    for (const controller of this.#running) controller.abort();
  }
}
