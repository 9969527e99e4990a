/** The engine's server without a process, connected to its clients by streams, with a scripted model. */
import { PassThrough } from "node:stream";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";
import { serve } from "../../../engine/process/connection.ts";
import { Engine } from "../../../engine/process/engine.ts";
import * as protocol from "../../../engine/protocol/index.ts";
import { engineSettings } from "./engineSettings.ts";
import { FakeModel, fakeAddon } from "./fakeModel.ts";

export const SETTINGS = engineSettings({ maxTokens: 16 });
export const INITIALIZE: protocol.InitializeParams = {
  protocolVersion: protocol.PROTOCOL_VERSION,
  root: "/root",
  storage: "/storage",
  conversations: "/conversations",
  settings: SETTINGS,
};

/** An engine with one client connected by two streams, and a function to connect another. */
export function setup(script: (prompt: string) => string = () => "x", pieceMs = 0) {
  const model = new FakeModel(script, { pieceMs });
  const calls = { root: "", shutdowns: 0, loads: 0 };
  const lines: string[] = [];
  const engine = new Engine({
    loadAddon: (root) => {
      calls.root = root;
      return fakeAddon(() => {
        // Loading another model may close this one, so each load makes a new one.
        return calls.loads++ === 0 ? model : new FakeModel(script, { pieceMs });
      });
    },
    resolvePack: async (path) => path,
    log: (line) => lines.push(line),
    onShutdown: () => calls.shutdowns++,
  });
  return { model, calls, lines, join: () => join(engine), ...join(engine) };
}

function join(engine: Engine) {
  const up = new PassThrough();
  const down = new PassThrough();
  const client = createMessageConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  const connection = createMessageConnection(new StreamMessageReader(up), new StreamMessageWriter(down));
  const server = serve(connection, engine);
  const states: string[] = [];
  const ready = new Promise<protocol.Status>((resolve) => {
    client.onNotification(protocol.status, (status) => {
      states.push(status.state);
      if (status.state === "ready") {
        resolve(status);
      }
    });
  });
  connection.listen();
  client.listen();
  /** Disconnects the window. */
  const disconnect = async () => {
    connection.dispose();
    await server.close();
  };
  return { client, states, ready, disconnect };
}
