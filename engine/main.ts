/**
 * Entry of the engine process. The extension forks it; the two speak JSON-RPC over the IPC channel (protocol.ts).
 * There is no port. The process ends when the channel closes, so it never outlives the editor.
 */
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-jsonrpc/node";
import { resolvePack } from "./models/store.ts";
import { loadAddon } from "./native.ts";
import { serve } from "./server.ts";

/** Time for running jobs to stop before the process ends all the same. */
const GRACE_MS = 500;

function main(): void {
  if (process.send === undefined) {
    process.stderr.write(
      "This file is the engine of the Sterna extension, which starts it. For a shell, use `sterna`.\n",
    );
    process.exitCode = 2;
    return;
  }
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
  const exit = (code: number) => {
    setTimeout(() => process.exit(code), GRACE_MS).unref();
    server.close().then(
      () => process.exit(code),
      () => process.exit(code),
    );
  };
  const server = serve(connection, { loadAddon, resolvePack, log, onShutdown: () => setImmediate(exit, 0) });
  process.once("disconnect", () => exit(0));
  process.once("SIGTERM", () => exit(0));
  connection.listen();
}

main();
