/**
 * Connects the protocol with the services. It knows nothing of processes: the connections and everything native are
 * passed in, so that tests can run it in memory.
 *
 * Every connection is one window. Its documents, suggestions, conversations and requests belong to it and end with it.
 * The models, with everything they have computed, belong to the {@link Engine} and are shared by all windows. The
 * native runtime decides between jobs of different windows: a more urgent job pauses a less urgent one, and equally
 * urgent ones run in the order in which they came.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  ErrorCodes,
  type HandlerResult,
  type MessageConnection,
  type RequestHandler,
  ResponseError,
} from "vscode-jsonrpc";
import { insertion } from "../chat/edits/insertion.ts";
import * as protocol from "../protocol/index.ts";
import type { Engine } from "./engine.ts";
import { done, Requests, sendQuietly } from "./requests.ts";
import { RunningRequests } from "./runningRequests.ts";
import { WindowServices } from "./windowServices.ts";

/**
 * For how many milliseconds the search for the next edit waits for the completion request of the same key to arrive. With
 * this wait and the next one, the search still ends within the 30 ms that a proposal may take.
 */
const ARRIVAL_MS = 2;
/**
 * For how many milliseconds it then waits at most for the answer to that request. A longer wait gains little, because a
 * search takes about as long (docs/measurements/next-edits.md).
 */
const LONGEST_WAIT_MS = 2;

/** One connection with its services, which exist once `initialize` has come. */
class Session {
  readonly connection: MessageConnection;
  readonly requests = new Requests();
  readonly completions = new RunningRequests();
  readonly #log: (line: string) => void;
  #services: WindowServices | undefined;

  constructor(connection: MessageConnection, log: (line: string) => void) {
    this.connection = connection;
    this.#log = log;
  }

  /** @throws ResponseError before `initialize` */
  readonly services = (): WindowServices => {
    if (this.#services !== undefined) return this.#services;
    throw new ResponseError(ErrorCodes.ServerNotInitialized, '"initialize" must be the first request.');
  };

  /** @param create makes the services; called only the first time */
  initialize(create: () => WindowServices): WindowServices {
    this.#services ??= create();
    return this.#services;
  }

  /** Answers requests whose parameters have the declared shape. The signal ends with the request. */
  onRequest<Params, Result>(
    type: protocol.CheckedRequest<Params, Result>,
    answer: (params: Params, signal: AbortSignal) => Result | Promise<Result>,
  ): void {
    const handler: RequestHandler<Params, Result, void> = (raw, token) => {
      const params = requireShape(type, raw);
      const run = (signal: AbortSignal) => new Promise<Result>((resolve) => resolve(answer(params, signal)));
      return this.requests.run(token, run) as HandlerResult<Result, void>;
    };
    this.connection.onRequest(type, handler);
  }

  /** Handles notifications whose parameters have the declared shape. Others are logged. */
  onNotification<Params>(type: protocol.CheckedNotification<Params>, take: (params: Params) => void): void {
    this.connection.onNotification<Params>(type, (raw) => {
      try {
        take(protocol.checked(type, raw));
      } catch (error) {
        this.#log(`A message of a window was not taken: ${error instanceof Error ? error.message : error}`);
      }
    });
  }

  async close(): Promise<void> {
    this.requests.abort();
    await this.#services?.close();
  }
}

/** @throws ResponseError when the parameters do not have the declared shape */
function requireShape<Params, Result>(type: protocol.CheckedRequest<Params, Result>, raw: unknown): Params {
  try {
    return protocol.checked(type, raw);
  } catch (error) {
    throw new ResponseError(ErrorCodes.InvalidParams, error instanceof Error ? error.message : String(error));
  }
}

/** Answers on the connection until the caller, when it has closed, calls `close`. The caller also calls `listen()`. */
export function serve(connection: MessageConnection, engine: Engine): { close(): Promise<void> } {
  const session = new Session(connection, engine.deps.log);
  connection.onRequest(protocol.initialize, (raw): protocol.InitializeResult => {
    // The version is checked before the shape, because other versions have other shapes.
    requireVersion(raw?.protocolVersion);
    const params = requireShape(protocol.initialize, raw);
    session.initialize(() => new WindowServices(engine, params, eventsTo(connection))).load();
    return { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid };
  });
  connection.onRequest(protocol.ping, () => null);
  session.onNotification(protocol.configure, (settings) => session.services().configure(settings));
  connection.onRequest(protocol.shutdown, async () => {
    await session.close();
    engine.deps.onShutdown();
    return null;
  });
  serveDocuments(session);
  serveCompletion(session);
  serveNextEdits(session);
  serveRepository(session);
  serveChat(session);
  serveTasks(session);
  serveModels(session);
  return { close: () => session.close() };
}

function requireVersion(version: number): void {
  if (version === protocol.PROTOCOL_VERSION) return;
  throw new ResponseError(
    ErrorCodes.InvalidRequest,
    `The extension speaks protocol version ${version}, the engine ${protocol.PROTOCOL_VERSION}: ` +
      "the installation is half updated. Reload the window; if that does not help, reinstall Sterna.",
  );
}

function eventsTo(connection: MessageConnection): ConstructorParameters<typeof WindowServices>[2] {
  return {
    onStatus: (status) => sendQuietly(() => connection.sendNotification(protocol.status, status)),
    onModelProgress: (progress) => sendQuietly(() => connection.sendNotification(protocol.modelProgress, progress)),
    onChatEvent: (conversation, event) =>
      sendQuietly(() => connection.sendNotification(protocol.chatEvent, { conversation, event })),
    onAccepted: (acceptance) => sendQuietly(() => connection.sendNotification(protocol.suggestionAccepted, acceptance)),
    onCompletionLate: (place) => sendQuietly(() => connection.sendNotification(protocol.completionIsLate, place)),
  };
}

function serveDocuments(session: Session): void {
  session.onNotification(protocol.documentOpened, (document) => {
    const { documents, nextEdits, packages } = session.services();
    nextEdits.opened(document);
    documents.open(document);
    packages.changed();
  });
  session.onNotification(protocol.documentChanged, (change) => {
    const { documents, nextEdits, completion, packages } = session.services();
    nextEdits.changed(change);
    documents.change(change);
    completion.edited(change);
    packages.changed();
  });
  session.onNotification(protocol.documentSaved, ({ uri }) => session.services().completion.saved(uri));
  session.onNotification(protocol.documentClosed, ({ uri }) => {
    const { documents, nextEdits, completion, packages } = session.services();
    nextEdits.closed(uri);
    documents.close(uri);
    completion.forget(uri);
    packages.changed();
  });
  session.onNotification(protocol.cursorMoved, (place) => session.services().completion.cursorMoved(place));
  session.connection.onNotification(protocol.cursorLeft, () => session.services().completion.cursorLeft());
  session.onNotification(protocol.definitionsFound, (found) => session.services().completion.definitionsFound(found));
}

function serveCompletion(session: Session): void {
  session.onRequest(protocol.complete, (params, signal) =>
    session.completions.count(session.services().completion.complete(params, signal)),
  );
  session.onNotification(protocol.suggestionDismissed, ({ uri }) => session.services().completion.dismissed(uri));
}

function serveNextEdits(session: Session): void {
  session.onRequest(protocol.nextEdit, async (params, signal) => {
    // The completion of the same key is requested a moment later and goes first. One that takes longer is computed
    // whenever the search yields (nextEditService.ts).
    await sleep(ARRIVAL_MS);
    await session.completions.ended(LONGEST_WAIT_MS);
    return signal.aborted ? null : await session.services().nextEdits.next(params, signal);
  });
  session.onRequest(protocol.nextEditProblems, (params) => session.services().nextEdits.problems(params));
  session.onRequest(protocol.nextEditOfFix, (params) => session.services().nextEdits.fix(params));
  session.onRequest(protocol.nextEditsOfRule, (params) => session.services().nextEdits.all(params));
  session.onNotification(protocol.nextEditDismissed, ({ rule }) => session.services().nextEdits.dismissed(rule));
}

function serveRepository(session: Session): void {
  session.onNotification(protocol.repositoryFilesChanged, (change) => session.services().changeFiles(change));
  session.connection.onNotification(protocol.readingRulesChanged, () => session.services().forgetFiles());
  session.connection.onRequest(protocol.repositoryStatus, () => session.services().packages.status());
  session.onRequest(protocol.repositoryNames, ({ query }) => session.services().workspaceSearch.names(query));
}

function serveChat(session: Session): void {
  session.onRequest(protocol.chat, (params, signal) => {
    const onText = (text: string) =>
      sendQuietly(() => session.connection.sendProgress(protocol.chatText, params.progressToken, text));
    return session.services().answerer.answer(params, onText, signal);
  });
  session.onRequest(protocol.countTokens, ({ text }) => session.services().answerer.backend.countTokens(text));
  session.onRequest(protocol.chatOpen, ({ id }) => session.services().conversations.open(id));
  session.onRequest(protocol.chatList, ({ query }) => session.services().conversations.list(query));
  session.onRequest(protocol.chatExport, ({ id }) => session.services().conversations.export(id));
  session.onRequest(protocol.chatAct, ({ conversation, action }) =>
    done(session.services().conversations.act(conversation, action)),
  );
  session.onRequest(protocol.chatRemove, ({ id }) => done(session.services().conversations.remove(id)));
  session.onRequest(protocol.chatSubjects, ({ conversation, turn }) =>
    session.services().conversations.subjects(conversation, turn),
  );
  session.onRequest(protocol.chatRecord, ({ conversation, question, answer, note, about }) =>
    done(session.services().conversations.record(conversation, question, answer, note, about)),
  );
}

function serveTasks(session: Session): void {
  session.onRequest(protocol.task, (params, signal) => {
    const onProgress = (progress: protocol.TaskProgress) =>
      sendQuietly(() => session.connection.sendProgress(protocol.taskProgress, params.progressToken, progress));
    return session.services().tasks.run(params, onProgress, signal);
  });
  session.onRequest(protocol.fitCode, ({ code, text, asked }) => session.services().tasks.fit(code, text, asked));
  session.onRequest(protocol.insertCode, ({ code, text, before, after }) => insertion(code, text, { before, after }));
  session.onNotification(protocol.taskExpected, ({ code }) => {
    // Any error will be reported when the command itself is called.
    session
      .services()
      .tasks.expect(code, session.requests.signal)
      .catch(() => {});
  });
}

function serveModels(session: Session): void {
  session.connection.onRequest(protocol.modelList, () => session.services().downloads.list());
  session.onRequest(protocol.modelDownload, ({ id }, signal) => session.services().downloads.download(id, signal));
  session.onRequest(protocol.modelRemove, ({ id }) => done(session.services().downloads.remove(id)));
  session.onRequest(protocol.modelCompact, ({ id }, signal) => session.services().downloads.compact(id, signal));
  session.connection.onRequest(protocol.machineBench, () => session.services().downloads.bench());
}
