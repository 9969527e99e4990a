/**
 * Runs the engine process, either at a local socket that several windows share or over the IPC channel of the window
 * that forked it. It opens no port. The process ends with its last connection, so it never outlives the editor.
 */
import { createServer, type Server, type Socket } from "node:net";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import * as protocol from "../protocol/index.ts";
import { serve } from "./connection.ts";
import { Engine, type EngineDependencies } from "./engine.ts";
import { sendQuietly } from "./requests.ts";
import { listenAlone } from "./socketLock.ts";

/** Milliseconds for running jobs to stop, after which the process ends in any case. */
const GRACE_MS = 500;
/**
 * Milliseconds that the process waits for its first window. The window that started it connects at once, but may have
 * been closed meanwhile.
 */
const FIRST_CLIENT_MS = 10_000;
/**
 * Milliseconds that the process lives without a window. A connection that only checks whether an engine listens here
 * may close before the first window has connected.
 */
const LINGER_MS = 500;

/** What tests replace. */
type Arithmetic = Pick<EngineDependencies, "loadAddon" | "resolvePack">;

export function start(arithmetic: Arithmetic): void {
  const [argument, path] = process.argv.slice(2);
  if (argument === protocol.LISTEN_ARGUMENT && path !== undefined) {
    void serveWindows(arithmetic, path);
  } else if (process.send !== undefined) {
    serveParent(arithmetic);
  } else {
    writeLine("This file is the engine of the Sterna extension, which starts it. For a shell, use `sterna`.");
    process.exitCode = 2;
  }
}

/** Serves the window that forked this process. */
function serveParent(arithmetic: Arithmetic): void {
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const exit = once(() => endAfter(server.close()));
  const engine = new Engine({ ...arithmetic, log: writeLine, onShutdown: () => setImmediate(exit) });
  const server = serve(connection, engine);
  process.once("disconnect", exit);
  process.once("SIGTERM", exit);
  connection.listen();
}

/** Serves all windows that connect at a socket. */
async function serveWindows(arithmetic: Arithmetic, path: string): Promise<void> {
  // The window at the other end of this pipe may be gone.
  process.stderr.on("error", () => {});
  const windows = new Windows(arithmetic);
  process.once("SIGTERM", windows.exit);
  // This comes before the lock is requested, because another process may hold the lock forever.
  setTimeout(windows.exitIfUnused, FIRST_CLIENT_MS);
  try {
    if ((await listenAlone(windows.listener, path)) === "taken") process.exit(0);
  } catch (error) {
    writeLine(`The windows cannot share an engine at ${path}: ${error instanceof Error ? error.message : error}`);
    process.exit(protocol.CANNOT_LISTEN);
  }
}

interface ConnectedWindow {
  close(): Promise<void>;
  log(line: string): void;
  /** Tells the window that the engine ends. */
  announceEnd(): void;
}

/** The windows that are connected; the process ends with the last one. */
class Windows {
  readonly listener: Server;
  readonly #engine: Engine;
  readonly #connected = new Map<Socket, ConnectedWindow>();
  /** Windows that have disconnected and whose services are still closing. */
  readonly #closing = new Set<Promise<void>>();
  #isEnding = false;

  constructor(arithmetic: Arithmetic) {
    const onShutdown = () => setImmediate(() => this.#endForAll());
    this.#engine = new Engine({ ...arithmetic, log: (line) => this.#log(line), onShutdown });
    this.listener = createServer((socket) => this.#connect(socket));
  }

  readonly exit = once(() => {
    // This also removes the socket's file: from now on a window finds no engine here and starts another one.
    this.listener.close();
    endAfter(Promise.all([...this.#closing, ...[...this.#connected.values()].map((window) => window.close())]));
  });

  readonly exitIfUnused = () => {
    if (this.#connected.size === 0) this.exit();
  };

  /** Tells all windows to disconnect, without waiting for one that hangs. */
  #endForAll(): void {
    this.#isEnding = true;
    // This comes first: a window that gets the message looks for another engine at once, and must not find this one.
    this.listener.close();
    for (const window of this.#connected.values()) window.announceEnd();
    setTimeout(this.exit, GRACE_MS);
  }

  #connect(socket: Socket): void {
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    const server = serve(connection, this.#engine);
    this.#connected.set(socket, {
      close: server.close,
      log: (line) => sendQuietly(() => connection.sendNotification(protocol.logged, { line })),
      announceEnd: () => sendQuietly(() => connection.sendNotification(protocol.ending)),
    });
    // An error on a connection closes it.
    connection.onError(() => socket.destroy());
    socket.on("error", () => {});
    socket.once("close", () => {
      connection.dispose();
      this.#connected.delete(socket);
      const closed = server
        .close()
        .catch((error) => this.#log(`The services of a window could not be closed: ${error}`));
      this.#closing.add(closed);
      void closed.then(() => this.#closing.delete(closed));
      // This does not wait for the services, because one that hangs must not keep an unused process alive.
      setTimeout(this.exitIfUnused, this.#isEnding ? 0 : LINGER_MS);
    });
    connection.listen();
  }

  #log(line: string): void {
    if (this.#connected.size === 0) writeLine(line);
    for (const window of this.#connected.values()) window.log(line);
  }
}

function endAfter(closed: Promise<unknown>): void {
  setTimeout(() => process.exit(0), GRACE_MS).unref();
  void closed.finally(() => process.exit(0));
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) run();
    isDone = true;
  };
}

function writeLine(line: string): void {
  process.stderr.write(`${line}\n`);
}
