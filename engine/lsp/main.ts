/** Runs the language server over standard input and output until the client ends it. */
import {
  type CancellationToken,
  type Connection,
  createConnection,
  ErrorCodes,
  ProposedFeatures,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver/node";
import { messageOf } from "../client/errors.ts";
import { LanguageServer, type ServerOptions } from "./languageServer.ts";

/** What the specification lets a server answer depends on this: nothing before `initialize` or after `shutdown`. */
type Phase = "new" | "running" | "shut down";

export function runLanguageServer(options: ServerOptions): void {
  const reader = new StreamMessageReader(process.stdin);
  const connection = createConnection(ProposedFeatures.all, reader, new StreamMessageWriter(process.stdout));
  const server = serveClient(connection, options);
  const end = () => process.exit(server.phase === "shut down" ? 0 : 1);
  // The client is gone.
  process.stdin.once("end", end).once("close", end);
  reader.onError((error) => {
    // After a header without a length it is unknown where the next message begins. Other errors are ignored.
    if (!error.message.includes("Content-Length")) return;
    process.stderr.write("The client sent a header without a Content-Length: the language server ends.\n");
    end();
  });
}

/** Serves a client over a connection, and starts listening. */
function serveClient(connection: Connection, options: ServerOptions): { readonly phase: Phase } {
  const server = new LanguageServer(connection, options);
  let phase: Phase = "new";
  const request = (method: string, answer: (params: unknown, token: CancellationToken) => unknown) => {
    connection.onRequest(method, (params: unknown, token: CancellationToken) => {
      if (phase === "running") return answer(params, token);
      const isEarly = phase === "new";
      const code = isEarly ? ErrorCodes.ServerNotInitialized : ErrorCodes.InvalidRequest;
      throw new ResponseError(code, isEarly ? '"initialize" must come first.' : "The server was shut down.");
    });
  };
  const notification = (method: string, take: (params: unknown) => void | Promise<void>) => {
    connection.onNotification(method, async (params: unknown) => {
      if (phase !== "running") return;
      try {
        await take(params);
      } catch (error) {
        connection.console.warn(`"${method}" was not understood: ${messageOf(error)}`);
      }
    });
  };
  connection.onInitialize((params) => {
    if (phase !== "new") return new ResponseError(ErrorCodes.InvalidRequest, "The server was initialized before.");
    const result = server.initialize(params);
    phase = "running";
    return result;
  });
  connection.onShutdown(async () => {
    phase = "shut down";
    await server.stop();
  });
  notification("initialized", () => server.initialized());
  notification("workspace/didChangeConfiguration", (params) =>
    server.configure((params as { settings?: unknown } | undefined)?.settings),
  );
  notification("workspace/didChangeWorkspaceFolders", (params) => server.changeFolders(params));
  notification("workspace/didChangeWatchedFiles", (params) => server.changeFiles(params));
  notification("textDocument/didOpen", (params) => server.open(params));
  notification("textDocument/didChange", (params) => server.change(params));
  notification("textDocument/didSave", (params) => server.save(params));
  notification("textDocument/didClose", (params) => server.close(params));
  request("textDocument/inlineCompletion", (params, token) => server.inlineCompletion(params, token));
  request("textDocument/completion", (params, token) => server.completion(params, token));
  request("textDocument/codeAction", (params, token) => server.codeActions(params, token));
  request("codeAction/resolve", (params, token) => server.resolveAction(params, token));
  request("workspace/executeCommand", (params, token) => server.execute(params, token));
  connection.listen();
  return {
    get phase() {
      return phase;
    },
  };
}
