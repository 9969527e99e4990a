/**
 * How an engine process begins and ends, and its sign of life.
 *
 * All messages of this folder are JSON-RPC 2.0 by vscode-jsonrpc, over a local socket that the windows of an editor
 * share, or over the IPC channel of a window's own forked engine. The extension sends `initialize` first, and nothing
 * else before it is answered. Both sides must have the same version, because they ship in one package: a mismatch means
 * a half-updated installation. Requests can be cancelled ($/cancelRequest). What a connection has begun ends with it,
 * and the engine exits when the last connection has closed.
 */
import * as v from "valibot";
import { NotificationType, NotificationType0, RequestType0 } from "vscode-jsonrpc";
import { notification, number, request, text } from "./checked.ts";
import { engineSettings } from "./settings.ts";

export const PROTOCOL_VERSION = 1;

/** Argument of the engine before the path of the socket that it listens at; without it, it speaks over IPC. */
export const LISTEN_ARGUMENT = "--listen";

/** Exit code of an engine that cannot listen there. Where another one listens already, it is 0. */
export const CANNOT_LISTEN = 3;

export const initializeParams = v.object({
  protocolVersion: number,
  /** Package root that holds build/ and models/. */
  root: text,
  /** Folder for packed models; created when missing. */
  storage: text,
  /** Folder for conversations; created when missing. */
  conversations: text,
  settings: engineSettings,
});
export type InitializeParams = v.InferOutput<typeof initializeParams>;

export interface InitializeResult {
  protocolVersion: number;
  processId: number;
}

export const initialize = request<InitializeResult>()("initialize", initializeParams);

export const configure = notification("configure", engineSettings);

/** Ends the engine, for every window that uses it. A window that merely leaves closes its connection. */
export const shutdown = new RequestType0<null, void>("shutdown");

/** The engine ends because a window has asked for it, and waits a moment until all have left: engine -> extension. */
export const ending = new NotificationType0("ending");

/** Answered at once: a sign of life. */
export const ping = new RequestType0<null, void>("ping");

/** A line for the log: engine -> extension. */
export const logged = new NotificationType<{ line: string }>("log");
