/**
 * Two windows and the engine that they share, all driven by one process, for systems without a test runner: `share
 * PACKAGE STORAGE` with the folder of an installed package. Prints a {@link Shared} as JSON.
 */
import { join } from "node:path";
import { EngineClient } from "../../engine/client/client.ts";
import { socketPath } from "../../engine/client/socketPath.ts";
import { chat, chatText } from "../../engine/protocol/chat.ts";
import type { Status } from "../../engine/protocol/status.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";

export interface Shared {
  platform: string;
  /** Where the windows met: the path of the socket. */
  place: string;
  /** The engine's process ids: seen by the first window, by the second, and after the first has left. */
  pids: (number | undefined)[];
  /** The answers in the second window: normally, and while the first one leaves. */
  answers: string[];
  /** Whether the engine has ended with its last window. */
  hasEnded: boolean;
  log: string[];
}

const [root = "", storage = ""] = process.argv.slice(2);
const script = join(root, "dist", "engine.cjs");
const log: string[] = [];
const QUESTION = { messages: [{ role: "user" as const, content: "def add(a, b):" }], maxTokens: 60 };
const READY_MS = 120_000;

async function openWindow(): Promise<EngineClient> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no engine: ${log.join("\n")}`)), READY_MS);
    const onStatus = ({ state, detail }: Status) => {
      if (state === "starting" || state === "working") return;
      clearTimeout(timer);
      if (state === "ready") resolve(client);
      else reject(new Error(detail));
    };
    const client = new EngineClient({
      script: () => script,
      root,
      storage,
      conversations: join(storage, "conversations"),
      settings: () => engineSettings({}),
      isShared: true,
      log: (line) => log.push(line),
    });
    client.listen({ onStatus });
    client.start();
  });
}

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function share(): Promise<Shared> {
  const first = await openWindow();
  const second = await openWindow();
  const pids = [first.pid, second.pid];
  const alone = await second.stream(chat, QUESTION, chatText, () => {});
  let leaving: Promise<void> | undefined;
  const onText = () => {
    leaving ??= first.stop();
  };
  const beside = await second.stream(chat, QUESTION, chatText, onText);
  await leaving;
  pids.push(second.pid);
  const [pid] = pids;
  await second.stop();
  for (const end = Date.now() + 15_000; isAlive(pid) && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const place = socketPath({ script, root, storage });
  const answers = [alone.text, beside.text];
  return { platform: process.platform, place, pids, answers, hasEnded: !isAlive(pid), log };
}

share().then(
  (shared) => {
    process.stdout.write(JSON.stringify(shared));
    process.exit(0);
  },
  (error) => {
    process.stderr.write(String(error?.stack ?? error));
    process.exit(1);
  },
);
