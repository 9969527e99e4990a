/**
 * Allows one download at a time on a machine. A lock file names its owner, and its modification time shows that the
 * owner is alive. The lock only saves doing the work twice: the data is safe without it, because every file is
 * verified.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isAlive } from "../../process/isAlive.ts";
import { DownloadError } from "./downloadErrors.ts";
import { diskError } from "./part.ts";

/** Milliseconds between the updates by which the owner shows that it is alive. */
const HEARTBEAT_MS = 2000;
/** Milliseconds without an update after which a lock is stale. Its process id may belong to another machine. */
const DEAD_MS = 20_000;

interface Owner {
  pid: number;
  host: string;
  nonce: string;
  /** Name of what it downloads, to show to the user. */
  what: string;
}

export interface Lock {
  release(): Promise<void>;
}

/**
 * @param path of the lock file; its folder is created when missing
 * @throws DownloadError "busy" while another process holds the lock
 */
export async function acquire(path: string, what: string): Promise<Lock> {
  const owner: Owner = { pid: process.pid, host: hostname(), nonce: randomUUID(), what };
  try {
    await mkdir(dirname(path), { recursive: true });
  } catch (error) {
    throw diskError(error, dirname(path), 0);
  }
  for (let tries = 0; ; tries++) {
    if (await create(path, owner)) break;
    const holder = await readOwner(path);
    const free = (await isFree(path, holder)) && (await removeStale(path, holder));
    if (!free || tries === 5) {
      const what = holder?.what ?? "a model";
      throw new DownloadError("busy", `Another window is downloading ${what}: wait for it, or cancel it there.`);
    }
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    async release() {
      clearInterval(heartbeat);
      if ((await readOwner(path))?.nonce === owner.nonce) await rm(path, { force: true });
    },
  };
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(JSON.stringify(owner));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw diskError(error, path, 0);
  }
}

/** The owner of the lock; undefined when the file is gone or has not been written yet. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

async function isFree(path: string, holder: Owner | undefined): Promise<boolean> {
  const age = await ageOf(path);
  if (age === undefined || age > DEAD_MS) return true;
  return holder !== undefined && holder.host === hostname() && !isAlive(holder.pid);
}

/** Milliseconds since the owner's last update; undefined when there is no lock file. */
async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}

/**
 * Removes a stale lock. A folder next to it serves as a guard, so that two processes cannot do this at the same time;
 * otherwise the second one could remove the lock that the first one has just taken.
 */
async function removeStale(path: string, holder: Owner | undefined): Promise<boolean> {
  const guard = `${path}.removing`;
  try {
    await mkdir(guard);
  } catch {
    if (((await ageOf(guard)) ?? 0) > DEAD_MS) await rm(guard, { recursive: true, force: true });
    return false;
  }
  try {
    if ((await readOwner(path))?.nonce === holder?.nonce) await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}
