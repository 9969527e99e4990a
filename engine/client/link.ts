/** Connections to an engine process, either one that belongs to this window or the one that the windows share. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { connect, Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import { CANNOT_LISTEN, LISTEN_ARGUMENT } from "../protocol/lifecycle.ts";
import { engineEnvironment } from "./environment.ts";
import { CannotShareError } from "./socketPath.ts";

/** Milliseconds to wait for an engine to listen. It takes a fraction of a second. */
const JOIN_MS = 10_000;
const RETRY_MS = 20;
/** Milliseconds to wait for a process to end after its connection has ended. */
const EXIT_MS = 1_000;

export interface EngineLink {
  readonly connection: MessageConnection;
  /** Process id, if it is known before the handshake. */
  readonly pid: number | undefined;
  /** Whether other windows may use the same process. */
  readonly isShared: boolean;
  /** Resolves when the connection or the process has ended, with a few words on how. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends the connection, and a process that belongs to this window. */
  disconnect(): void;
}

/** Starts an engine for this window only. It ends with the window. */
export function forkEngine(script: string, log: (line: string) => void): EngineLink {
  const child = fork(script, [], { ...processOptions(), execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  forwardLines(child.stdout, log);
  forwardLines(child.stderr, log);
  return {
    connection: createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child)),
    pid: child.pid,
    isShared: false,
    ended: exitOf(child).then(({ how }) => how),
    disconnect: () => child.kill("SIGKILL"),
  };
}

/**
 * Connects to the engine that listens at a path, and starts one where there is none. Several windows may do so at the
 * same time: a lock lets only one of the processes listen, and the others end.
 *
 * @param isWanted asked before every try; false gives up.
 * @throws CannotShareError; Error with a few words on how the engine ended.
 */
export async function connectToSharedEngine(
  path: string,
  start: { script: string; root: string; log(line: string): void },
  isWanted: () => boolean,
): Promise<EngineLink> {
  const end = performance.now() + JOIN_MS;
  let started: { child: ChildProcess; exit: Promise<Exit>; result: Exit | undefined } | undefined;
  while (isWanted() && performance.now() < end) {
    const socket = await connectTo(path);
    if (socket !== undefined) return linkOver(socket, started);
    const result = started?.result;
    if (result?.code === CANNOT_LISTEN) throw new CannotShareError(`no engine can listen at ${path}`);
    if (result !== undefined && result.code !== 0) throw new Error(result.how);
    // A process that ended with 0 had found another one listening, but nobody listens now: start one again.
    if (started === undefined || result !== undefined) started = startShared(path, start);
    await Promise.race([started.exit, new Promise((resolve) => setTimeout(resolve, RETRY_MS))]);
  }
  throw isWanted() ? new CannotShareError(`no engine answers at ${path}`) : new Error("no longer needed");
}

/** Starts an engine that keeps running after this window is closed. */
function startShared(path: string, { script, root, log }: { script: string; root: string; log(line: string): void }) {
  const child = spawn(process.execPath, [script, LISTEN_ARGUMENT, path], {
    ...processOptions(),
    cwd: root,
    detached: true,
    windowsHide: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  // Neither the process nor its pipe may keep the extension host alive.
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  forwardLines(child.stderr, log);
  const started = { child, exit: exitOf(child), result: undefined as Exit | undefined };
  void started.exit.then((result) => {
    started.result = result;
  });
  return started;
}

/** Undefined where no process listens. */
function connectTo(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // A full queue, or an engine that is just ending: the caller tries again.
      const isNotListening = ["ENOENT", "ECONNREFUSED", "EAGAIN", "ECONNRESET"].includes(error.code ?? "");
      if (isNotListening) resolve(undefined);
      else reject(new CannotShareError(error.message));
    });
  });
}

function linkOver(socket: Socket, started: { exit: Promise<Exit> } | undefined): EngineLink {
  let isDisconnected = false;
  const ended = new Promise<string>((resolve) => {
    socket.on("error", () => {});
    socket.once("close", () => {
      const closed = "its connection has closed";
      if (isDisconnected || started === undefined) {
        resolve(isDisconnected ? "disconnected" : closed);
        return;
      }
      const timer = setTimeout(() => resolve(closed), EXIT_MS);
      void started.exit.then(({ how }) => {
        clearTimeout(timer);
        resolve(how);
      });
    });
  });
  return {
    connection: createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket)),
    pid: undefined,
    isShared: true,
    ended,
    disconnect() {
      isDisconnected = true;
      socket.destroy();
    },
  };
}

interface Exit {
  code: number | undefined;
  how: string;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) =>
      resolve({ code: code ?? undefined, how: signal === null ? `exit code ${code}` : `signal ${signal}` }),
    );
    child.once("error", (error) => resolve({ code: undefined, how: error.message }));
  });
}

function processOptions() {
  return { execPath: process.execPath, env: engineEnvironment(process.env) };
}

function forwardLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream !== null) {
    createInterface({ input: stream }).on("line", log);
  }
}
