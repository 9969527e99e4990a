/** An editor's window without an editor: the extension's client of the engine, with one document open. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { CancellationToken } from "vscode-jsonrpc/node";
import { type Cancellation, EngineClient } from "../../engine/client/client.ts";
import { type ChatParams, type ChatResult, chat, chatText } from "../../engine/protocol/chat.ts";
import type { CompleteParams, CompleteResult } from "../../engine/protocol/completion.ts";
import { documentOpened } from "../../engine/protocol/documents.ts";
import type { EngineSettings } from "../../engine/protocol/settings.ts";
import type { Status } from "../../engine/protocol/status.ts";
import { root } from "../unit/root.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";

export const SCRIPT = join(root, "dist", "engine.cjs");
export const URI = "file:///workspace/list.ts";
export const NONE = CancellationToken.None;
/** So much text that a prompt with nothing cached takes a good part of a second. */
export const TEXT = Array.from(
  { length: 60 },
  (_, line) => `export const value${line} = compute(${line}, "text");\n`,
).join("");

/** One answer of the chat model, outside any conversation. */
export function askChat(
  client: EngineClient,
  params: Omit<ChatParams, "progressToken">,
  onText: (text: string) => void,
  token: Cancellation,
): Promise<ChatResult> {
  return client.stream(chat, params, chatText, onText, token);
}

export class Harness {
  readonly statuses: Status[] = [];
  readonly lines: string[] = [];
  settings: EngineSettings;
  readonly client: EngineClient;
  starts = 0;
  onReady = () => {};

  constructor(storage: string, model: string, { script = SCRIPT, isShared = false } = {}) {
    this.settings = engineSettings({ model });
    this.client = new EngineClient({
      script: () => script,
      root,
      storage,
      conversations: join(storage, "conversations"),
      settings: () => this.settings,
      isShared,
      log: (line) => this.lines.push(line),
    });
    this.client.listen({
      onStatus: (status) => {
        this.statuses.push(status);
        if (status.state === "ready") this.onReady();
      },
      onStarted: () => {
        this.starts++;
        this.open();
      },
    });
  }

  open(): void {
    this.client.notify(documentOpened, { uri: URI, path: "list.ts", languageId: "typescript", version: 1, text: TEXT });
  }

  complete(change: Partial<CompleteParams> = {}, token = NONE): Promise<CompleteResult> {
    // Inside a string, where nothing can be copied from a line above.
    const offset = TEXT.length - 5;
    return this.client.complete({ uri: URI, version: 1, offset, trigger: "manual", ...change }, token);
  }

  async until(state: Status["state"], from = 0): Promise<Status> {
    return poll(
      () => this.statuses.slice(from).find((status) => status.state === state),
      () => this.lines.join("\n"),
    );
  }
}

/** Waits until `look` returns a value. */
export async function poll<T>(look: () => T | undefined, explain = () => ""): Promise<T> {
  const end = performance.now() + 15_000;
  for (;;) {
    const value = look();
    if (value !== undefined) {
      return value;
    }
    assert.ok(performance.now() < end, `waited too long. ${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
