/**
 * Ties the protocol to the services. Knows nothing of processes: the connections and everything native come from
 * outside, so that tests run it in memory.
 *
 * Every connection is one window: its documents, suggestions, conversations and requests are its own and end with it.
 * The models with what they have computed are the {@link Engine}'s, for all windows. Urgency between windows is the
 * native runtime's affair: a more urgent job of any window pauses a less urgent one, and equals run as they came.
 */
import { ErrorCodes, type MessageConnection, ResponseError } from "vscode-jsonrpc";
import { insertion } from "../chat/edits/insertion.ts";
import * as protocol from "../protocol/index.ts";
import type { Engine } from "./engine.ts";
import { done, Requests, sendQuietly } from "./requests.ts";
import { WindowServices } from "./windowServices.ts";

/** One connection with its services, once `initialize` has come. */
interface Session {
  connection: MessageConnection;
  requests: Requests;
  /** @throws ResponseError before `initialize` */
  services(): WindowServices;
}

/** Answers on the connection until it closes, which the caller tells with `close`. The caller calls `listen()`. */
export function serve(connection: MessageConnection, engine: Engine): { close(): Promise<void> } {
  let services: WindowServices | undefined;
  const session: Session = {
    connection,
    requests: new Requests(),
    services() {
      if (services === undefined) {
        throw new ResponseError(ErrorCodes.ServerNotInitialized, '"initialize" must be the first request.');
      }
      return services;
    },
  };
  const close = async () => {
    session.requests.abort();
    await services?.close();
  };
  connection.onRequest(protocol.initialize, (params): protocol.InitializeResult => {
    requireVersion(params.protocolVersion);
    services ??= new WindowServices(engine, params, eventsTo(connection));
    services.load();
    return { protocolVersion: protocol.PROTOCOL_VERSION, processId: process.pid };
  });
  connection.onRequest(protocol.ping, () => null);
  connection.onNotification(protocol.configure, (settings) => session.services().configure(settings));
  connection.onRequest(protocol.shutdown, async () => {
    await close();
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
  return { close };
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
  };
}

function serveDocuments({ connection, services }: Session): void {
  connection.onNotification(protocol.documentOpened, (document) => {
    const { documents, nextEdits } = services();
    nextEdits.opened(document);
    documents.open(document);
  });
  connection.onNotification(protocol.documentChanged, (change) => {
    const { documents, nextEdits, completion } = services();
    nextEdits.changed(change);
    documents.change(change);
    completion.edited(change);
  });
  connection.onNotification(protocol.documentSaved, ({ uri }) => services().completion.saved(uri));
  connection.onNotification(protocol.documentClosed, ({ uri }) => {
    const { documents, nextEdits, completion } = services();
    nextEdits.closed(uri);
    documents.close(uri);
    completion.forget(uri);
  });
  connection.onNotification(protocol.cursorMoved, (place) => services().completion.moved(place));
  connection.onNotification(protocol.cursorLeft, () => services().completion.left());
  connection.onNotification(protocol.definitionsFound, (found) => services().completion.defined(found));
}

function serveCompletion({ connection, requests, services }: Session): void {
  connection.onRequest(protocol.complete, (params, token) =>
    requests.run(token, (signal) => services().completion.complete(params, signal)),
  );
  connection.onNotification(protocol.suggestionDismissed, ({ uri }) => services().completion.dismissed(uri));
}

function serveNextEdits({ connection, services }: Session): void {
  connection.onRequest(protocol.nextEdit, (params) => services().nextEdits.next(params));
  connection.onRequest(protocol.nextEditsOfRule, (params) => services().nextEdits.all(params));
  connection.onNotification(protocol.nextEditDismissed, ({ rule }) => services().nextEdits.dismissed(rule));
}

function serveRepository({ connection, services }: Session): void {
  connection.onNotification(protocol.repositoryFilesChanged, (change) => services().repository.change(change));
  connection.onRequest(protocol.repositoryStatus, () => services().repository.status());
}

function serveChat({ connection, requests, services }: Session): void {
  connection.onRequest(protocol.chat, (params, token) =>
    requests.run(token, (signal) => {
      const onText = (text: string) =>
        sendQuietly(() => connection.sendProgress(protocol.chatText, params.progressToken, text));
      return services().answerer.answer(params, onText, signal);
    }),
  );
  connection.onRequest(protocol.countTokens, ({ text }) => services().answerer.backend.countTokens(text));
  connection.onRequest(protocol.chatOpen, ({ id }) => services().conversations.open(id));
  connection.onRequest(protocol.chatList, ({ query }) => services().conversations.list(query));
  connection.onRequest(protocol.chatExport, ({ id }) => services().conversations.export(id));
  connection.onRequest(protocol.chatAct, ({ conversation, action }) =>
    done(services().conversations.act(conversation, action)),
  );
  connection.onRequest(protocol.chatRemove, ({ id }) => done(services().conversations.remove(id)));
  connection.onRequest(protocol.chatSubjects, ({ conversation, turn }) =>
    services().conversations.subjects(conversation, turn),
  );
  connection.onRequest(protocol.chatRecord, ({ conversation, question, answer, note, about }) =>
    done(services().conversations.record(conversation, question, answer, note, about)),
  );
}

function serveTasks({ connection, requests, services }: Session): void {
  connection.onRequest(protocol.task, (params, token) =>
    requests.run(token, (signal) => {
      const onProgress = (progress: protocol.TaskProgress) =>
        sendQuietly(() => connection.sendProgress(protocol.taskProgress, params.progressToken, progress));
      return services().tasks.run(params, onProgress, signal);
    }),
  );
  connection.onRequest(protocol.fitCode, ({ code, text, asked }) => services().tasks.fit(code, text, asked));
  connection.onRequest(protocol.insertCode, ({ code, text, before, after }) =>
    insertion(code, text, { before, after }),
  );
  connection.onNotification(protocol.taskExpected, ({ code }) => {
    // Whatever goes wrong will show when the command is given.
    services()
      .tasks.expect(code, requests.signal)
      .catch(() => {});
  });
}

function serveModels({ connection, requests, services }: Session): void {
  connection.onRequest(protocol.modelList, () => services().downloads.list());
  connection.onRequest(protocol.modelDownload, ({ id }, token) =>
    requests.run(token, (signal) => services().downloads.download(id, signal)),
  );
  connection.onRequest(protocol.modelRemove, ({ id }) => done(services().downloads.remove(id)));
  connection.onRequest(protocol.modelCompact, ({ id }, token) =>
    requests.run(token, (signal) => services().downloads.compact(id, signal)),
  );
  connection.onRequest(protocol.machineBench, () => services().downloads.bench());
}
