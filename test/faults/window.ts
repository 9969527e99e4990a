/**
 * A window as a process of its own that can be killed at any moment: `window.mjs STORAGE MODEL SCRIPT own|shared`. It
 * types, completes and chats without end, and prints the engine's process id when the model is ready.
 */
import { documentChanged } from "../../engine/protocol/documents.ts";
import { askChat, Harness, NONE, TEXT, URI } from "../native/harness.ts";

const [storage = "", model = "", script = "", whose = "own"] = process.argv.slice(2);
const harness = new Harness(storage, model, { script, isShared: whose === "shared" });
harness.client.start();
await harness.until("ready");
console.log(harness.client.pid);
const { client } = harness;
void askChat(client, { messages: [{ role: "user", content: "Why?" }], maxTokens: 1000 }, () => {}, NONE).catch(
  () => {},
);
for (let version = 2; ; version++) {
  client.notify(documentChanged, {
    uri: URI,
    baseVersion: version - 1,
    version,
    changes: [{ offset: TEXT.length - 5, length: 0, text: "x" }],
  });
  void harness.complete({ version });
  await new Promise((resolve) => setTimeout(resolve, 15));
}
