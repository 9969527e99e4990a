/**
 * Listens at the socket where the windows look for their engine, unless another engine does. On Windows a named pipe
 * has one owner and disappears with it. On other systems a socket's file outlives a killed process and must be removed,
 * but not the socket that a third process may have made there meanwhile. So a process holds a lock while it checks and
 * removes.
 */
import { chmodSync, mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { connect, type Server } from "node:net";

/**
 * Milliseconds after which a lock is stale: it is held for a few milliseconds, so its process must have been killed.
 */
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
    // In addition to the folder, which keeps other users out.
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

/** Waits for a lock. The lock is a folder, because creating one is a single step on every file system. */
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
