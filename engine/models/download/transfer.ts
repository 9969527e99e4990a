/** Downloads the bytes of one file to the disk, over as many connections as necessary. */
import { NetError, type Reply } from "../../net/request.ts";
import { DownloadError } from "./downloadErrors.ts";
import { type OpenPart, Part } from "./part.ts";
import { decide, type Failure } from "./retry.ts";
import { failureOf, follow, type Outside, refuseWebPage } from "./statement.ts";

export interface TransferOptions {
  outside: Outside;
  openFile: OpenPart;
  signal: AbortSignal;
  /** Called with the number of bytes that the file now has. */
  onBytes(bytes: number): void;
  /** Called when the server asked to wait or the connection broke; the next attempt follows after `ms` milliseconds. */
  onWait?(ms: number, why: string): void;
}

/** The bytes differ from what was stated, in number or content; trying again would give the same. */
class WrongBytes extends DownloadError {}

/**
 * Fills the file at `path` up to `bytes`, continuing where an earlier transfer ended. It does not check whether the
 * bytes are the right ones.
 * @returns whether the file already held bytes before
 * @throws DownloadError, or the signal's reason; what was transferred stays in the file
 */
export async function transfer(url: URL, path: string, bytes: number, options: TransferOptions): Promise<boolean> {
  const { outside, signal } = options;
  const part = await Part.open(path, bytes, options.openFile);
  const resumed = part.bytes > 0;
  let fruitless = 0;
  let furthest = part.bytes;
  try {
    options.onBytes(part.bytes);
    while (part.bytes < bytes) {
      signal.throwIfAborted();
      const failure = await attempt();
      if (failure === undefined) break;
      const isNew = part.bytes > furthest && !failure.startedAnew;
      furthest = Math.max(furthest, part.bytes);
      fruitless = isNew ? 0 : fruitless + 1;
      const decision = decide(failure, fruitless, Date.now());
      if (decision.kind === "give-up") {
        throw new DownloadError(failure.status === undefined ? "network" : "refused", decision.message);
      }
      options.onWait?.(decision.afterMs, failure.message);
      await outside.sleep(decision.afterMs, signal);
    }
    await part.flush();
    return resumed;
  } finally {
    await part.close();
  }

  /** Transfers over one connection. Undefined when the file is complete. */
  async function attempt(): Promise<(Failure & { startedAnew: boolean }) | undefined> {
    let startedAnew = false;
    try {
      const headers: Record<string, string> = part.bytes > 0 ? { range: `bytes=${part.bytes}-` } : {};
      const { reply, url: last } = await follow(url, { net: outside.net, idleMs: outside.idleMs, signal, headers });
      try {
        if (reply.status === 416 || (reply.status === 200 && part.bytes > 0)) {
          // The server does not support ranges or cannot continue from these bytes, so the file starts again.
          await part.clear();
          options.onBytes(0);
          startedAnew = true;
        }
        if (reply.status === 416) return { message: `${last.host} does not continue the file.`, startedAnew };
        if (reply.status !== 200 && reply.status !== 206) return { ...failureOf(reply, last), startedAnew };
        refuseWebPage(reply, last);
        checkHead(reply, last, part.bytes, bytes);
        for await (const piece of reply.body) {
          if (part.bytes + piece.length > bytes) {
            await part.clear();
            throw new WrongBytes("not-the-file", `${last.host} sends more than the ${bytes} bytes that it stated.`);
          }
          await part.append(piece);
          options.onBytes(part.bytes);
        }
      } finally {
        reply.destroy();
      }
      if (part.bytes === bytes) return undefined;
      return { message: `${last.host} ended after ${part.bytes} of ${bytes} bytes.`, startedAnew };
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return part.bytes === bytes ? undefined : { message: error.message, startedAnew };
    }
  }
}

/** @throws DownloadError when the answer cannot be the part that was asked for */
function checkHead({ status, headers }: Reply, url: URL, offset: number, bytes: number): void {
  if (status === 206) {
    const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
    if (Number(start) === offset && (size === "*" || Number(size) === bytes)) return;
    const said = headers["content-range"] ?? "no range";
    throw new DownloadError(
      "not-the-file",
      `${url.host} was asked for the bytes from ${offset} of ${bytes} and answers with ${said}: try another mirror.`,
    );
  }
  const length = headers["content-length"];
  if (length !== undefined && Number(length) !== bytes) {
    throw new DownloadError(
      "not-the-file",
      `${url.host} sends ${length} bytes instead of the ${bytes} that were stated: try again, or try another mirror.`,
    );
  }
}
