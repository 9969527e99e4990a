/**
 * The language server: the engine's suggestions and commands for every editor that speaks LSP 3.18. It is a thin client
 * of the same engine process that VS Code's extension uses, and joins it at the same socket.
 */
import { join } from "node:path";
import {
  type CancellationToken,
  type CodeAction,
  type Command,
  type CompletionList,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  type InlineCompletionList,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  ShowMessageNotification,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import { chatAbility } from "../client/chatAbility.ts";
import { EngineClient } from "../client/client.ts";
import { messageOf } from "../client/errors.ts";
import type { FileListing } from "../client/fileListing.ts";
import { StatusLog } from "../client/statusLine.ts";
import { type Config, indexSwitches, readingRules } from "../client/userConfig.ts";
import { suggestionDismissed } from "../protocol/completion.ts";
import { readingRulesChanged } from "../protocol/repository.ts";
import { isLanguageEnabled } from "../workspace/enabledLanguages.ts";
import { abilitiesOf, type ClientAbilities, DISMISSED_COMMAND, offered, RESTART_COMMAND } from "./capabilities.ts";
import { type CommandPlace, commandPlace, EDIT_COMMAND, EXPLAIN_COMMAND, offeredActions } from "./codeActions.ts";
import { Commands } from "./commands.ts";
import { configOf, type Defaults } from "./configuration.ts";
import { DiskAccess } from "./diskAccess.ts";
import { DocumentMirror } from "./documentMirror.ts";
import { Folders, nameOf } from "./folders.ts";
import { ACCEPTED_COMMAND, completeParams, type InlineRequest, inlineItem, type Shown } from "./inlineCompletion.ts";
import { listItem } from "./listCompletion.ts";
import { nextEditAction } from "./nextEditAction.ts";
import { repositoryFiles } from "./repositoryFiles.ts";
import * as shapes from "./shapes.ts";
import { StatusReport } from "./statusReport.ts";
import { plainEdit } from "./workspaceEdit.ts";

export interface ServerOptions {
  /** Package root. */
  root: string;
  version: string;
  /** Folder for packed models and conversations. */
  storage: string;
  /** The defaults in the manifest. */
  defaults: Defaults;
  env: NodeJS.ProcessEnv;
  /** Path of the engine. Default: the one in the package. */
  script?: string;
}

/** Milliseconds to wait with the index, because the editor's own start comes first. */
const INDEX_AFTER_MS = 3_000;
const INVOKED = 1;

export class LanguageServer {
  readonly #connection: Connection;
  readonly #options: ServerOptions;
  readonly #folders = new Folders();
  readonly #access: DiskAccess;
  readonly #engine: EngineClient;
  readonly #documents: DocumentMirror;
  readonly #commands: Commands;
  readonly #files: FileListing;
  #abilities: ClientAbilities = abilitiesOf({});
  #initializationOptions: unknown;
  #isStopping = false;
  readonly #statusLog = new StatusLog();
  #config: Config;

  constructor(connection: Connection, options: ServerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#config = configOf([], options.defaults, options.env);
    const { root, storage } = options;
    this.#access = new DiskAccess(
      this.#folders,
      () => this.#config,
      () => this.#recheck(),
    );
    this.#engine = new EngineClient({
      script: () => options.script ?? join(root, "dist", "engine.cjs"),
      root,
      storage,
      conversations: join(storage, "conversations"),
      settings: () => this.#config.engine,
      isShared: true,
      log: (line) => connection.console.log(line),
    });
    this.#documents = new DocumentMirror(this.#engine, this.#access, this.#folders);
    const config = () => this.#config;
    this.#files = repositoryFiles({ engine: this.#engine, access: this.#access, folders: this.#folders, config });
    this.#commands = new Commands({
      engine: this.#engine,
      documents: this.#documents,
      access: this.#access,
      folders: this.#folders,
      window: connection.window,
      showMessage: (message) =>
        void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message }),
      showsDocuments: () => this.#abilities.showDocument,
    });
    const report = new StatusReport(connection, () => this.#abilities.progress);
    this.#engine.listen({
      onStatus: (status) => {
        if (this.#isStopping) return;
        report.show(status);
        const line = this.#statusLog.next(status);
        if (line !== "") connection.console.log(line);
      },
      onStarted: () => {
        this.#documents.resendAll();
        this.#files.list(INDEX_AFTER_MS);
      },
    });
  }

  get documents(): DocumentMirror {
    return this.#documents;
  }

  /** @throws ResponseError when the parameters have a wrong shape. */
  initialize(raw: unknown) {
    const { capabilities, workspaceFolders, rootUri, initializationOptions } = shapes.shaped(shapes.initialize, raw);
    this.#abilities = abilitiesOf(capabilities);
    this.#folders.set(workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []));
    this.#initializationOptions = initializationOptions;
    this.#config = configOf([initializationOptions], this.#options.defaults, this.#options.env);
    return offered(this.#abilities, this.#options.version);
  }

  /** The client is ready to answer: reads its configuration, then starts the engine. */
  async initialized(): Promise<void> {
    const { client } = this.#connection;
    const { registersConfiguration, registersWatchers } = this.#abilities;
    const refused = (error: unknown) => this.#connection.console.log(`The client refused: ${messageOf(error)}`);
    if (registersConfiguration) {
      client.register(DidChangeConfigurationNotification.type, { section: "sterna" }).catch(refused);
    }
    if (registersWatchers) {
      client.register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: "**/*" }] }).catch(refused);
    }
    await this.configure();
    this.#engine.start();
  }

  /** Reads the configuration. @param pushed what the client has sent with the change, if anything. */
  async configure(pushed?: unknown): Promise<void> {
    const layers = [pushed, this.#initializationOptions];
    if (this.#abilities.configuration) {
      try {
        layers.unshift(await this.#connection.workspace.getConfiguration("sterna"));
      } catch (error) {
        this.#connection.console.log(`The client gave no configuration: ${messageOf(error)}`);
      }
    }
    const before = this.#config;
    this.#config = configOf(layers, this.#options.defaults, this.#options.env);
    this.#engine.configure();
    if (readingRules(before) !== readingRules(this.#config)) this.#recheck();
    else if (indexSwitches(before) !== indexSwitches(this.#config)) this.#files.list();
  }

  changeFolders(raw: unknown): void {
    const { event } = shapes.shaped(shapes.folderChange, raw);
    const uris = (folders: { uri: string }[]) => folders.map(({ uri }) => uri);
    this.#folders.change(uris(event.added), uris(event.removed));
    this.#recheck();
  }

  changeFiles(raw: unknown): void {
    const uris = shapes.shaped(shapes.fileChanges, raw).changes.map(({ uri }) => uri);
    if (uris.some((uri) => nameOf(uri) === ".gitignore")) this.#recheck();
    else void this.#files.changed(uris);
  }

  open(raw: unknown): void {
    const { textDocument } = shapes.shaped(shapes.didOpen, raw);
    this.#documents.open(textDocument);
    // The first edit in a document is noticed only if the engine had the text before it.
    if (this.#isOn(textDocument.languageId)) this.#documents.ensureSent(textDocument.uri);
  }

  change(raw: unknown): void {
    const { textDocument, contentChanges } = shapes.shaped(shapes.didChange, raw);
    this.#documents.change(textDocument.uri, textDocument.version, contentChanges);
  }

  save(raw: unknown): void {
    const { uri } = shapes.shaped(shapes.ofDocument, raw).textDocument;
    this.#documents.save(uri);
    if (nameOf(uri) === ".gitignore") this.#recheck();
    else if (!this.#abilities.registersWatchers) void this.#files.changed([uri]);
  }

  close(raw: unknown): void {
    this.#documents.close(shapes.shaped(shapes.ofDocument, raw).textDocument.uri);
  }

  async inlineCompletion(raw: unknown, token: CancellationToken): Promise<InlineCompletionList> {
    const { textDocument, position, context } = shapes.shaped(shapes.inlineCompletion, raw);
    const selected = context.selectedCompletionInfo ?? undefined;
    const request: InlineRequest = { position, triggerKind: context.triggerKind, selected };
    const found = await this.#complete(textDocument.uri, request, token);
    return { items: found === undefined ? [] : [inlineItem(found.document, request, found.shown)] };
  }

  async completion(raw: unknown, token: CancellationToken): Promise<CompletionList> {
    const { textDocument, position } = shapes.shaped(shapes.completion, raw);
    // Nothing shows whether a list was asked for by hand.
    const found = await this.#complete(textDocument.uri, { position, triggerKind: 2 }, token);
    return { isIncomplete: true, items: found === undefined ? [] : [listItem(found.document, position, found.shown)] };
  }

  async codeActions(raw: unknown, token: CancellationToken): Promise<(CodeAction | Command)[]> {
    const { textDocument, range, context } = shapes.shaped(shapes.codeAction, raw);
    const { uri } = textDocument;
    const document = this.#documents.get(uri);
    if (document === undefined || this.#documents.ensureSent(uri) !== undefined) return [];
    const only = context.only ?? undefined;
    const next = this.#config.nextEdits ? await nextEditAction(this.#engine, document, range.start, only, token) : [];
    if (chatAbility(this.#engine.status).kind === "no") return next;
    const diagnostics = context.diagnostics as Parameters<typeof offeredActions>[0]["diagnostics"];
    const { resolvesEdits: resolves } = this.#abilities;
    return [...next, ...offeredActions({ uri, range, diagnostics, only, resolves })];
  }

  async resolveAction(raw: unknown, token: CancellationToken): Promise<CodeAction> {
    const action = shapes.shaped(shapes.resolvedAction, raw);
    if (action.data === undefined || action.data === null) return action;
    const edit = await this.#edit(shapes.shaped(commandPlace, action.data), token);
    return { ...action, ...(edit && { edit: this.#fit(edit) }) };
  }

  async execute(raw: unknown, token: CancellationToken): Promise<unknown> {
    const { command, arguments: given } = shapes.shaped(shapes.executeCommand, raw);
    switch (command) {
      // Nothing to do: the engine notices that a suggestion was accepted by the document's changes.
      case ACCEPTED_COMMAND:
        return null;
      case DISMISSED_COMMAND:
        this.#engine.notify(suggestionDismissed, shapes.shaped(shapes.ofDocument.entries.textDocument, given?.[0]));
        return null;
      case RESTART_COMMAND:
        await this.#engine.restart();
        return null;
      case EXPLAIN_COMMAND:
        return await this.#asked(this.#commands.explain(shapes.shaped(commandPlace, given?.[0]), token));
      case EDIT_COMMAND:
        return await this.#apply(shapes.shaped(commandPlace, given?.[0]), token);
      default:
        throw new ResponseError(ErrorCodes.InvalidParams, `There is no command "${command}".`);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#files.dispose();
    this.#access.dispose();
    await this.#engine.stop();
  }

  /** The engine's answer for an open document. Never throws: whatever goes wrong is reported as a silence. */
  async #complete(uri: string, request: InlineRequest, token: CancellationToken) {
    const document = this.#documents.get(uri);
    if (document === undefined) return undefined;
    if (request.triggerKind !== INVOKED && !this.#isOn(document.languageId)) return undefined;
    if (this.#documents.ensureSent(uri) !== undefined) return undefined;
    const { version } = document;
    const result = await this.#engine.complete(completeParams(document, request), token);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, "Cancelled.");
    const now = this.#documents.get(uri);
    if (now === undefined || now.version !== version) return undefined;
    if (result.kind === "silent") {
      // The engine has missed a change. The text is sent again, so that the next keystroke finds it complete.
      if (result.reason === "outdated") this.#documents.resendAll();
      return undefined;
    }
    return { document: now, shown: result satisfies Shown };
  }

  async #apply(place: CommandPlace, token: CancellationToken): Promise<null> {
    const edit = await this.#edit(place, token);
    if (edit === undefined) return null;
    const { applied, failureReason } = await this.#connection.workspace.applyEdit({
      label: "Sterna",
      edit: this.#fit(edit),
    });
    if (!applied) {
      throw new ResponseError(LSPErrorCodes.RequestFailed, failureReason ?? "The editor did not accept the change.");
    }
    return null;
  }

  #edit(place: CommandPlace, token: CancellationToken): Promise<WorkspaceEdit | undefined> {
    return this.#asked(this.#commands.edit(place, token));
  }

  /** The edit in the form that the client supports. */
  #fit(edit: WorkspaceEdit): WorkspaceEdit {
    if (this.#abilities.documentChanges) return edit;
    const plain = plainEdit(edit);
    if (plain === undefined) {
      throw new ResponseError(LSPErrorCodes.RequestFailed, "This editor cannot create a file for a change.");
    }
    return plain;
  }

  /** An error in a command becomes one sentence for the user. */
  async #asked<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof ResponseError ? error : new ResponseError(LSPErrorCodes.RequestFailed, messageOf(error));
    }
  }

  #isOn(languageId: string): boolean {
    return this.#config.enabled && isLanguageEnabled(this.#config.languages, languageId);
  }

  /** The rules for reading files have changed. */
  #recheck(): void {
    this.#access.forget();
    this.#engine.notify(readingRulesChanged);
    this.#documents.recheckAll();
    this.#files.list();
  }
}
