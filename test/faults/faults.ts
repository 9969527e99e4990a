/** The kinds of faults: what each does to the engine or its surroundings, and how that is undone. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RequestType } from "vscode-jsonrpc";
import { socketPath } from "../../engine/client/socketPath.ts";
import { alive, poll } from "../native/harness.ts";
import { root } from "../unit/root.ts";
import type { Random } from "../unit/support/testRandom.ts";
import { addressSpace, limit } from "./processes.ts";

/** The things that a fault may touch. */
export interface Scene {
  random: Random;
  /** Process id of the engine. */
  pid: number;
  isShared: boolean;
  /** Folder of packs and conversations. */
  storage: string;
  model: string;
  script: string;
  /** Script of the window that is killed. */
  window: string;
  request<P>(type: RequestType<P, unknown, void>, params: P): Promise<unknown>;
  /** Sends invalid parameters in the notifications about documents. */
  misuse(params: unknown): void;
  sleep(milliseconds: number): Promise<void>;
}

export interface Kind {
  name: string;
  /** The kind of engine for which the fault makes sense; default both. */
  only?: "own" | "shared";
  /** The engine notices it only when it needs a file's content, so it may end while the checks are running. */
  isFeltLate?: true;
  /** A shared engine waits ten seconds for the window that has started it, which this fault may have killed. */
  leavesEngineWaiting?: true;
  /** Causes the fault. Resolves with a function that undoes it, once the engine has noticed it. */
  strike(scene: Scene): Promise<() => void | Promise<void>>;
}

const nothing = () => {};

export const KINDS: readonly Kind[] = [
  {
    name: "killed",
    async strike({ pid }) {
      process.kill(pid, "SIGKILL");
      return nothing;
    },
  },
  {
    name: "stopped for a while",
    async strike({ pid, random, sleep }) {
      process.kill(pid, "SIGSTOP");
      await sleep(20 + random.below(400));
      return () => signal(pid, "SIGCONT");
    },
  },
  {
    // Longer than the watchdog waits in this bench.
    name: "stopped for good",
    async strike({ pid }) {
      process.kill(pid, "SIGSTOP");
      return nothing;
    },
  },
  {
    name: "starved",
    async strike({ pid, random, sleep }) {
      spawn("renice", ["-n", "19", "-p", String(pid)], { stdio: "ignore" });
      const eaters = Array.from({ length: 3 }, () => spawn("sh", ["-c", "while :; do :; done"], { stdio: "ignore" }));
      await sleep(50 + random.below(300));
      return () => {
        for (const eater of eaters) eater.kill("SIGKILL");
      };
    },
  },
  {
    // Writing fails or is cut short, as on a full disk.
    name: "disk full",
    async strike({ pid, random, sleep }) {
      await limit(pid, "fsize", random.below(3) === 0 ? 0 : random.below(6000));
      await sleep(100 + random.below(200));
      return () => limit(pid, "fsize", "unlimited").catch(nothing);
    },
  },
  {
    name: "memory denied",
    async strike({ pid, random, sleep, misuse }) {
      await limit(pid, "as", addressSpace(pid) + random.below(8 << 20));
      // Its present memory may suffice for a while, but not for a few large documents.
      for (let left = random.below(2) * 4; left > 0; left--) {
        misuse({ uri: `file:///large${left}.txt`, version: 1, text: "x ".repeat(500_000) });
        await sleep(30);
      }
      await sleep(100 + random.below(200));
      return () => limit(pid, "as", "unlimited").catch(nothing);
    },
  },
  {
    name: "pack removed",
    async strike({ storage, pid, random }) {
      for (const pack of packsOf(storage)) rmSync(pack, { force: true });
      if (random.below(2) === 0) process.kill(pid, "SIGKILL");
      return nothing;
    },
  },
  {
    name: "pack cut",
    isFeltLate: true,
    async strike({ storage, random }) {
      for (const pack of packsOf(storage)) truncateSync(pack, Math.floor(statSync(pack).size * random.next()));
      return nothing;
    },
  },
  {
    name: "model removed",
    async strike({ model, storage, pid }) {
      renameSync(model, `${model}.away`);
      for (const pack of packsOf(storage)) rmSync(pack, { force: true });
      process.kill(pid, "SIGKILL");
      return () => {
        // Copied back, as a user would do it, so that the file's time of change differs.
        copyFileSync(`${model}.away`, model);
        rmSync(`${model}.away`);
      };
    },
  },
  {
    name: "conversations removed",
    async strike({ storage, random, pid }) {
      // In one step, because the engine may be writing there.
      const [folder, gone] = [join(storage, "conversations"), join(storage, "..", "gone")];
      ignoring(() => renameSync(folder, gone));
      rmSync(gone, { recursive: true, force: true });
      if (random.below(3) === 0) process.kill(pid, "SIGKILL");
      return nothing;
    },
  },
  {
    name: "garbage in messages",
    async strike({ random, request, misuse }) {
      const methods = ["complete", "chat", "chat/act", "chat/open", "model/remove", "task", "x", "$/y"];
      for (let i = 0; i < 20; i++) {
        const method = methods[random.below(methods.length)] ?? "x";
        const params =
          random.below(3) === 0 ? { uri: 7, version: {}, changes: [null] } : { a: random.bytes(50).toString() };
        if (random.below(2) === 0) misuse(params);
        else void request(new RequestType<unknown, unknown, void>(method), params).catch(nothing);
      }
      return nothing;
    },
  },
  {
    name: "garbage at the socket",
    only: "shared",
    async strike({ random, script, storage, sleep }) {
      for (let i = 1 + random.below(4); i > 0; i--) {
        const socket = connect(socketPath({ script, root, storage })).on("error", nothing);
        const parts = [
          random.bytes(random.below(4000)),
          "Content-Length: 99999999999\r\n\r\n",
          "Content-Length: -5\r\n\r\n{}",
        ];
        socket.write(parts[random.below(parts.length)] ?? "");
        if (random.below(2) === 0) socket.write('Content-Length: 12\r\n\r\n{"jsonrpc":"');
        await sleep(random.below(20));
        socket.destroy();
      }
      return nothing;
    },
  },
  { name: "another window closed", only: "shared", strike: (scene) => killWindow(scene, scene.storage) },
  {
    name: "a window closed with its engine",
    leavesEngineWaiting: true,
    strike: (scene) => killWindow(scene, join(scene.storage, "..", "other")),
  },
];

/** Kills a window while it works. An engine that nobody else uses has to end with it. */
async function killWindow({ random, model, script, window, storage, isShared, sleep }: Scene, folder: string) {
  const args = [window, folder, model, script, isShared ? "shared" : "own"];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  // In one of three cases it is killed before it is ready.
  let pid: number | undefined;
  if (random.below(3) === 0) {
    await sleep(random.below(500));
  } else if (child.stdout !== null) {
    const [line] = (await Promise.race([
      once(createInterface({ input: child.stdout }), "line"),
      sleep(20_000).then(() => [""]),
    ])) as [string];
    pid = Number(line) || undefined;
    await sleep(random.below(200));
  }
  child.kill("SIGKILL");
  if (pid !== undefined && folder !== storage) {
    const engine = pid;
    await poll(
      () => (alive(engine) ? undefined : true),
      () => `the engine ${engine} has outlived its window`,
    );
  }
  return nothing;
}

function packsOf(storage: string): string[] {
  return readdirSync(storage, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".pack"))
    .map((name) => join(storage, name));
}

function signal(pid: number, name: NodeJS.Signals): void {
  ignoring(() => process.kill(pid, name));
}

/** The process may have ended meanwhile. */
function ignoring(work: () => void): void {
  try {
    work();
  } catch {}
}
