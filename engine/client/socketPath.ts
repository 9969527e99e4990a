/**
 * Where the windows of an editor find the engine that they share: a socket in a folder that only this user can open, or
 * a named pipe on Windows. Its name is a hash of everything that must be equal for one engine to serve two windows.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { PROTOCOL_VERSION } from "../protocol/lifecycle.ts";
import { meaningfulEnvironment } from "./environment.ts";

/** The longest path of a socket in bytes: macOS allows 103 and a zero. Some systems silently truncate a longer one. */
const MAX_PATH_BYTES = 103;

/** The engine cannot be shared on this system; the message says why. */
export class CannotShareError extends Error {
  override name = "CannotShareError";
}

export interface SharedBy {
  /** The engine's file. */
  script: string;
  /** Package root. */
  root: string;
  /** Folder of the extension, for all windows. */
  storage: string;
}

/**
 * The path to connect to; its folder exists afterwards.
 *
 * @throws CannotShareError when no folder is safe.
 */
export function socketPath(sharedBy: SharedBy, env: NodeJS.ProcessEnv = process.env): string {
  try {
    if (process.platform === "win32") {
      return `\\\\.\\pipe\\sterna-${nameOf(sharedBy, env, secretOf(sharedBy.storage))}`;
    }
    const user = process.getuid?.() ?? 0;
    const { XDG_RUNTIME_DIR: own } = env;
    const folder = join(own && isAbsolute(own) && existsSync(own) ? own : tmpdir(), `sterna-${user}`);
    const path = join(folder, `${nameOf(sharedBy, env)}.sock`);
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new CannotShareError(`${path} is too long for a socket`);
    makePrivate(folder, user);
    return path;
  } catch (error) {
    throw error instanceof CannotShareError ? error : new CannotShareError(String(error));
  }
}

/** Creates a folder that only this user may enter. */
function makePrivate(folder: string, user: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatOfFolder(folder);
  if (uid !== user) throw new CannotShareError(`${folder} belongs to another user`);
  if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
  if ((lstatOfFolder(folder).mode & 0o077) !== 0) throw new CannotShareError(`${folder} is open to other users`);
}

function lstatOfFolder(folder: string) {
  // lstat, because a link to a folder elsewhere would not be safe.
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw new CannotShareError(`${folder} is not a folder`);
  return found;
}

function nameOf({ script, root, storage }: SharedBy, env: NodeJS.ProcessEnv, secret = ""): string {
  const { mtimeMs = 0, size = 0 } = statSync(script, { throwIfNoEntry: false }) ?? {};
  const fixed = meaningfulEnvironment(env);
  // The program that starts the engine does not count: VS Code and other editors each have a Node, and share an engine.
  const parts = [PROTOCOL_VERSION, script, mtimeMs, size, root, storage, secret, ...fixed];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 24);
}

/**
 * Everybody can see the names of pipes and could listen at a name that can be guessed. Therefore a secret from the
 * user's own folder is part of the name.
 */
function secretOf(storage: string): string {
  const file = join(storage, "engine.secret");
  if (!existsSync(file)) {
    mkdirSync(storage, { recursive: true });
    // The file appears in one step, so that a window that starts at the same time never reads half of it.
    const fresh = `${file}.${process.pid}`;
    writeFileSync(fresh, randomBytes(32).toString("hex"), { mode: 0o600 });
    try {
      linkSync(fresh, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(fresh, { force: true });
    }
  }
  return readFileSync(file, "utf8");
}
