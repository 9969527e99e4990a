/**
 * Listens at the socket at which the windows look for their engine, unless another engine does. On Windows a named pipe
 * has one owner and goes with it. Elsewhere a socket's file outlives a killed process, and has to be removed without
 * removing the socket that a third process may have made there since: whoever checks and removes holds a lock
 * meanwhile.
 */
import { chmodSync, mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { connect, type Server } from "node:net";

/** The lock is held for a few milliseconds; one of this age was left by a process that was killed. */
const STALE_LOCK_MS = 5_000;
const LOCK_RETRY_MS = 10;

/**
 * Listens at the path.
 *
 * @returns "taken" when another process listens there.
 * @throws Error when neither is possible.
 */
export async function listenAlone(server: Server, path: string): Promise<"listening" | "taken"> {
  if (process.platform === "win32") {
    try {
      await listen(server, path);
      return "listening";
    } catch (error) {
      if (await isListenedAt(path)) return "taken";
      throw error;
    }
  }
  const unlock = await lock(`${path}.lock`);
  try {
    if (await isListenedAt(path)) return "taken";
    rmSync(path, { force: true });
    await listen(server, path);
    // The folder keeps other users out, too.
    chmodSync(path, 0o600);
    return "listening";
  } finally {
    unlock();
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Whether a process listens at the path. */
function isListenedAt(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED", "ENOTSOCK"].includes(error.code ?? "")) resolve(false);
      else reject(error);
    });
  });
}

/** Waits for a lock: a folder, because making one is a single step on every file system. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      mkdirSync(path);
      return () => removeLock(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs !== undefined && Date.now() - mtimeMs > STALE_LOCK_MS) removeLock(path);
    await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MS));
  }
}

function removeLock(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Another process was faster, or has removed the lock as stale.
  }
}
