/**
 * Runs the engine process: at a local socket that several windows share, or over the IPC channel of the window that
 * forked it. There is no port. The process ends with its last connection, so it never outlives the editor.
 */
import { createServer, type Socket } from "node:net";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import * as protocol from "../protocol/index.ts";
import { Engine, type EngineDependencies, quietly, serve } from "./connection.ts";
import { claim } from "./socketLock.ts";

/** Time for running jobs to stop before the process ends all the same. */
const GRACE_MS = 500;
/** The window that has started the process connects within milliseconds; it may have been closed meanwhile. */
const FIRST_MS = 10_000;
/** Whoever only looks whether somebody listens here leaves before the first window comes. */
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
  // The window whose pipe this is may be gone.
  process.stderr.on("error", () => {});
  const windows = new Map<Socket, { close(): Promise<void>; log(line: string): void; tellEnd(): void }>();
  /** Windows that have gone and are being left in order. */
  const leaving = new Set<Promise<void>>();
  let isEnding = false;
  const log = (line: string) => {
    if (windows.size === 0) writeLine(line);
    for (const window of windows.values()) window.log(line);
  };
  const exit = once(() => {
    // Removes the socket's file, too: from now on a window finds nobody here and starts another engine.
    listener.close();
    endAfter(Promise.all([...leaving, ...[...windows.values()].map((window) => window.close())]));
  });
  const exitUnlessUsed = () => {
    if (windows.size === 0) exit();
  };
  /** The windows leave when they are told; one that hangs is left. */
  const endForAll = () => {
    isEnding = true;
    // First: who is told looks for the next engine at once, and must not find this one.
    listener.close();
    for (const window of windows.values()) window.tellEnd();
    setTimeout(exit, GRACE_MS);
  };
  const engine = new Engine({ ...arithmetic, log, onShutdown: () => setImmediate(endForAll) });
  const listener = createServer((socket) => {
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    const server = serve(connection, engine);
    windows.set(socket, {
      close: server.close,
      log: (line) => quietly(() => connection.sendNotification(protocol.logged, { line })),
      tellEnd: () => quietly(() => connection.sendNotification(protocol.ending)),
    });
    // What is wrong with a connection ends it.
    connection.onError(() => socket.destroy());
    socket.on("error", () => {});
    socket.once("close", () => {
      connection.dispose();
      windows.delete(socket);
      const closed = server.close().catch((error) => log(`A window was not left in order: ${error}`));
      leaving.add(closed);
      void closed.then(() => leaving.delete(closed));
      // Not after that: nothing that hangs may keep a process that nobody uses.
      setTimeout(exitUnlessUsed, isEnding ? 0 : LINGER_MS);
    });
    connection.listen();
  });
  process.once("SIGTERM", exit);
  // Before the claim, which may wait for a lock that nobody gives back.
  setTimeout(exitUnlessUsed, FIRST_MS);
  try {
    if ((await claim(listener, path)) === "taken") process.exit(0);
  } catch (error) {
    writeLine(`Nothing can be shared at ${path}: ${error instanceof Error ? error.message : error}`);
    process.exit(protocol.CANNOT_LISTEN);
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
