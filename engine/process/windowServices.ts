/** The state of one window: its documents, suggestions, conversations and settings. */
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ModelUser } from "../backend/modelPool.ts";
import { isBusy, Scheduler } from "../backend/scheduler.ts";
import { Answerer } from "../chat/answer.ts";
import { Conversations } from "../chat/conversations.ts";
import { Journal } from "../chat/journal.ts";
import { Tasks } from "../chat/taskService.ts";
import { realClock } from "../clock.ts";
import { CompletionService } from "../completion/completionService.ts";
import { readMachine, threadsFor } from "../machine/machine.ts";
import { Downloads } from "../models/library.ts";
import { NextEditService } from "../nextEdit/nextEditService.ts";
import type { Acceptance } from "../protocol/completion.ts";
import type { ChatEvent } from "../protocol/conversations.ts";
import type { CursorPosition } from "../protocol/documents.ts";
import type { InitializeParams } from "../protocol/lifecycle.ts";
import type { ModelProgress } from "../protocol/models.ts";
import type { RepositoryFilesChange } from "../protocol/repository.ts";
import type { EngineSettings } from "../protocol/settings.ts";
import type { ChatModelStatus, Status } from "../protocol/status.ts";
import { Documents } from "../repository/openDocuments.ts";
import type { RepositoryIndex } from "../repository/repositoryIndex.ts";
import { WordFiles } from "../repository/wordFiles.ts";
import type { Engine } from "./engine.ts";
import { createRepositoryIndex, ImportedPackages, unopenedFiles } from "./repositoryService.ts";
import { WorkspaceSearch } from "./workspaceSearch.ts";

/** The notifications that are sent to the window. */
export interface WindowEvents {
  onStatus(status: Status): void;
  onModelProgress(progress: ModelProgress): void;
  onChatEvent(conversation: string, event: ChatEvent): void;
  onAccepted(acceptance: Acceptance): void;
  onCompletionLate(place: CursorPosition): void;
}

/** The memory that is read to measure how fast the machine reads memory, and how often it is read. */
const CEILING_MEGABYTES = 256;
const CEILING_PASSES = 3;

export class WindowServices {
  readonly documents = new Documents();
  readonly completion: CompletionService;
  readonly nextEdits: NextEditService;
  readonly repository: RepositoryIndex;
  readonly packages: ImportedPackages;
  readonly workspaceSearch: WorkspaceSearch;
  readonly answerer: Answerer;
  readonly conversations: Conversations;
  readonly tasks: Tasks;
  readonly downloads: Downloads;
  readonly #engine: Engine;
  readonly #events: WindowEvents;
  readonly #scheduler = new Scheduler();
  readonly #model: ModelUser;
  /** A separate model for the chat, when the settings name one. */
  readonly #chatModel: ModelUser;
  /** The last status of the chat's separate model. */
  #chatModelStatus: ChatModelStatus | undefined;
  #settings: EngineSettings;
  #isClosed = false;

  constructor(engine: Engine, params: InitializeParams, events: WindowEvents) {
    this.#engine = engine;
    this.#events = events;
    this.#settings = params.settings;
    const models = engine.models(params.root, params.storage);
    const use = {
      isBusy: () => isBusy(this.#scheduler.load),
      unloadMinutes: () => this.#settings.unloadMinutes,
    };
    this.#model = models.user({ ...use, onStatus: (status) => this.#sendStatus(status) });
    this.#chatModel = models.user({ ...use, onStatus: (status) => this.#keepChatStatus(status) });
    this.#scheduler.onLoadChange(() => this.#sendLoad());
    this.answerer = new Answerer({
      scheduler: this.#scheduler,
      backend: () => this.#chatUser.current(),
      awaken: () => this.#chatUser.awaken(),
    });
    this.tasks = new Tasks(this.answerer);
    this.conversations = new Conversations({
      answerer: this.answerer,
      isThinking: () => this.#settings.chatThinking ?? false,
      journal: new Journal(params.conversations),
      search: (question, within) => this.workspaceSearch.find(question, within),
      openPaths: () => this.documents.paths(),
      emit: events.onChatEvent,
    });
    const wordFiles = new WordFiles({ stat: (path) => this.repository.factsOf(path) });
    this.repository = createRepositoryIndex({
      loadAddon: () => engine.deps.loadAddon(params.root),
      texts: wordFiles,
      isBusy: use.isBusy,
      log: engine.deps.log,
      onChange: (path) => this.workspaceSearch.changed(path),
    });
    this.packages = new ImportedPackages(this.repository, this.documents, use.isBusy, engine.deps.log);
    this.nextEdits = new NextEditService({
      documents: this.documents,
      now: realClock.now,
      nextTurn,
      filesWith: (words, document, signal) => unopenedFiles(wordFiles, words, document, this.documents, signal),
    });
    this.workspaceSearch = new WorkspaceSearch(this.repository, this.documents);
    this.completion = new CompletionService({
      documents: this.documents,
      scheduler: this.#scheduler,
      clock: realClock,
      backend: this.#model.current,
      settings: () => this.#settings,
      onBattery: () => engine.battery.inUse,
      repository: (uri, languageId) => this.repository.viewFor(uri, languageId, this.documents.uris()),
      onAccepted: events.onAccepted,
      onLate: events.onCompletionLate,
    });
    this.downloads = this.#createDownloads(params);
    engine.listeners.add(events.onModelProgress);
  }

  /** Updates the files of the workspace that may be read. */
  changeFiles(change: RepositoryFilesChange): void {
    this.repository.change(change);
    if (change.reset) this.packages.forget();
  }

  /** Forgets what was read of files, because the rules for reading have changed. */
  forgetFiles(): void {
    this.changeFiles({ reset: true, changed: [], removed: [] });
    this.completion.forgetOtherFiles();
  }

  /** Applies new settings and loads the models that they name. */
  configure(settings: EngineSettings): void {
    this.#settings = settings;
    this.load();
  }

  /** Loads the models that the settings name. */
  load(): void {
    if (this.#isClosed) return;
    this.#model.want(this.#settings);
    // The suggestions' model is loaded first, so that it is the one that is kept when memory is too small for both.
    void this.#model.settled.then(() => {
      if (this.#hasChatModel && !this.#isClosed) {
        this.#chatModel.want({ ...this.#settings, model: this.#settings.chatModel });
      }
    });
    if (!this.#hasChatModel) void this.#chatModel.release();
  }

  /** Resolves when everything that the window started has ended and the models that no other window uses are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#engine.listeners.delete(this.#events.onModelProgress);
    this.packages.close();
    this.repository.close();
    this.workspaceSearch.close();
    this.completion.cursorLeft();
    this.#scheduler.cancelAll();
    await this.conversations.close();
    await Promise.all([this.#model.release(), this.#chatModel.release()]);
  }

  #sendStatus(status: Status): void {
    const own = this.#hasChatModel ? (this.#chatModelStatus ?? { state: "starting", detail: "" }) : undefined;
    this.#events.onStatus(own === undefined ? status : { ...status, chatModel: own });
  }

  #sendLoad(): void {
    const status = this.#model.status(this.#scheduler.load);
    if (status !== undefined) this.#sendStatus(status);
  }

  #keepChatStatus({ state, detail, model }: Status): void {
    if (detail !== "") this.#engine.deps.log(`Model of the chat, ${state}: ${detail}`);
    this.#chatModelStatus = { state, detail, ...(model && { model }) };
    this.#sendLoad();
  }

  get #hasChatModel(): boolean {
    const { model, chatModel } = this.#settings;
    return chatModel !== "" && chatModel !== model;
  }

  get #chatUser(): ModelUser {
    return this.#hasChatModel ? this.#chatModel : this.#model;
  }

  #createDownloads({ root, storage }: InitializeParams): Downloads {
    const { deps, downloading, listeners } = this.#engine;
    return new Downloads({
      models: join(storage, "models"),
      settings: () => this.#settings.download,
      running: downloading,
      measure: async () => {
        const addon = deps.loadAddon(root);
        const threads = threadsFor(readMachine(), this.#settings.threads);
        const kernel = addon.info().kernels.at(-1) ?? "scalar";
        return await addon.measureCeilings({ threads, kernel, megabytes: CEILING_MEGABYTES, passes: CEILING_PASSES });
      },
      pack: async (path, signal) => {
        const layouts = deps.loadAddon(root).preferredLayouts();
        return await deps.resolvePack(path, storage, { ...layouts, signal, onProgress: () => {} });
      },
      onProgress: (progress) => {
        for (const listener of listeners) listener(progress);
      },
      log: deps.log,
    });
  }
}
