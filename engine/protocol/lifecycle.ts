/**
 * How an engine process starts, ends, and shows that it is alive.
 *
 * All messages in this folder are JSON-RPC 2.0, sent with vscode-jsonrpc over a local socket that the windows of an
 * editor share, or over the IPC channel of an engine that a window has forked for itself. The extension sends
 * `initialize` first, and nothing else before it is answered. Both sides must have the same version; they come in one
 * package, so a mismatch means a half-updated installation. Requests can be cancelled ($/cancelRequest). What a
 * connection has started ends with it, and the engine exits when its last connection has closed.
 */
import * as v from "valibot";
import { NotificationType, NotificationType0, RequestType0 } from "vscode-jsonrpc";
import { notification, number, request, text } from "./checked.ts";
import { engineSettings } from "./settings.ts";

export const PROTOCOL_VERSION = 1;

/** The argument of the engine before the path of the socket to listen at. Without it, the engine uses IPC. */
export const LISTEN_ARGUMENT = "--listen";

/** The exit code of an engine that cannot listen there. When another one already listens, the code is 0. */
export const CANNOT_LISTEN = 3;

export const initializeParams = v.object({
  protocolVersion: number,
  /** The package root, which contains build/ and models/. */
  root: text,
  /** Folder for packed models; created if it is missing. */
  storage: text,
  /** Folder for conversations; created if it is missing. */
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

/** Ends the engine for every window. A window that only leaves closes its connection. */
export const shutdown = new RequestType0<null, void>("shutdown");

/** The engine ends because a window has asked for it, and waits a moment until all have left: engine -> extension. */
export const ending = new NotificationType0("ending");

/** Answered at once, to show that the engine is alive. */
export const ping = new RequestType0<null, void>("ping");

/** A line for the log: engine -> extension. */
export const logged = new NotificationType<{ line: string }>("log");
