/** Plain bytes are asked for, but some servers and gateways compress nevertheless, and some only say so. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import zlib from "node:zlib";

/**
 * The body of a message without the compressions that its head names. Everything that has come is passed on at once, so
 * that a compressed stream is still a stream.
 */
export async function* decompressed(message: IncomingMessage): AsyncGenerator<Buffer> {
  const named = (message.headers["content-encoding"] ?? "").toLowerCase().split(",");
  const encodings = named.map((one) => one.trim()).filter((one) => one !== "" && one !== "identity");
  let body: AsyncIterable<Buffer> = message;
  // They are named in the order in which they were applied.
  for (const encoding of encodings.reverse()) body = without(encoding, body);
  yield* body;
}

/** The first bytes decide, because the name is wrong where a gateway has unpacked the body, and "deflate" means two. */
async function* without(encoding: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isOver = false;
  while (head.length < 2 && !isOver) {
    const next = await source.next();
    if (next.done) isOver = true;
    else head = Buffer.concat([head, next.value]);
  }
  const unpacker = unpackerFor(encoding, head);
  const rest = async function* () {
    yield head;
    while (!isOver) {
      const next = await source.next();
      if (next.done) return;
      yield next.value;
    }
  };
  yield* unpacker === undefined ? rest() : through(unpacker, rest());
}

function unpackerFor(encoding: string, head: Buffer): Duplex | undefined {
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZlib = ((head[0] ?? 0) & 0x0f) === 8 && head.length > 1 && head.readUInt16BE(0) % 31 === 0;
  const flush = { flush: zlib.constants.Z_SYNC_FLUSH };
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return isGzip ? zlib.createUnzip(flush) : undefined;
    case "deflate":
      if (isGzip || isZlib) return zlib.createUnzip(flush);
      return isText(head) ? undefined : zlib.createInflateRaw(flush);
    case "br":
      return zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH });
  }
  if (isText(head)) return undefined;
  throw new Error(`it compresses its answers as "${encoding.slice(0, 20)}", which was not asked for`);
}

/** Whether bytes are the beginning of an answer as it is without compression: of JSON, of events or of a page. */
function isText(head: Buffer): boolean {
  return head.length === 0 || /^[\s{["<:dei\ufeff]/.test(head.toString("latin1"));
}

async function* through(unpacker: Duplex, body: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const feed = async () => {
    try {
      for await (const piece of body) if (!unpacker.write(piece)) await drained(unpacker);
      unpacker.end();
    } catch (error) {
      unpacker.destroy(error as Error);
    }
  };
  void feed();
  for await (const piece of unpacker) yield piece as Buffer;
}

function drained(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.once("drain", resolve);
    stream.once("close", () => resolve());
  });
}
