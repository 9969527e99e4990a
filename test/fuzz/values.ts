/** Values that nobody would pass, and some that somebody might. */
import type { Random } from "../unit/support/testRandom.ts";

/** An error thrown by something that is passed in. It has to come out unchanged. */
export class Mark extends Error {
  override name = "Mark";
}

export function throwMark(): never {
  throw new Mark("thrown on purpose");
}

const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  3,
  64,
  65,
  255,
  256,
  2 ** 20,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 31),
  0.5,
  1e-45,
  1e300,
] as const;
const ODD_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE] as const;
const TEXTS = [
  "",
  "a",
  "for (;;) {}\n",
  "é😀",
  "\ud800",
  "\u0000",
  "<|eot_id|>",
  "int8",
  "float",
  "scalar",
  "t2",
] as const;

export function anyNumber(random: Random): number {
  const kind = random.below(4);
  if (kind === 0) return random.pick(ODD_NUMBERS);
  if (kind === 1) return random.below(2000);
  if (kind === 2) return (random.next() - 0.5) * 2 ** random.below(70);
  return random.pick(NUMBERS);
}

export function anyText(random: Random): string {
  const kind = random.below(6);
  if (kind === 0) return "x\n".repeat(random.below(5000));
  if (kind < 3) return random.bytes(random.below(40)).toString(random.pick(["latin1", "utf8", "utf16le"]));
  return random.pick(TEXTS);
}

/** Token ids, most of which are in a small vocabulary. */
export function anyTokens(random: Random): Uint32Array {
  const length = random.below(10) === 0 ? random.below(400) : random.below(24);
  return Uint32Array.from({ length }, () => (random.below(60) === 0 ? random.next() * 2 ** 32 : random.below(600)));
}

const VIEWS = [Uint8Array, Uint32Array, Int32Array, Float32Array, Float64Array, BigUint64Array, DataView] as const;

function anyBuffer(random: Random): unknown {
  const length = 8 * random.below(20);
  const buffer = random.below(3) === 0 ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
  const Type = random.pick<new (buffer: ArrayBuffer) => object>(VIEWS);
  const view = new Type(buffer as ArrayBuffer);
  if (random.below(4) === 0 && buffer instanceof ArrayBuffer) structuredClone(buffer, { transfer: [buffer] });
  return random.below(8) === 0 ? buffer : view;
}

const TRAPS: ProxyHandler<object> = { get: throwMark, has: throwMark, ownKeys: throwMark };

/** Any value that JavaScript has; objects may throw when they are read. */
export function anything(random: Random, depth = 2): unknown {
  switch (random.below(depth > 0 ? 16 : 9)) {
    case 0:
      return undefined;
    case 1:
      return null;
    case 2:
      return random.below(2) === 0;
    case 3:
    case 4:
      return anyNumber(random);
    case 5:
    case 6:
      return anyText(random);
    case 7:
      return random.pick<unknown>([Symbol("s"), 12n, 2n ** 80n, throwMark, () => {}, /x/, new Date(0)]);
    case 8:
      return anyTokens(random);
    case 9:
      return anyBuffer(random);
    case 10:
      return Array.from({ length: random.below(6) }, () => anything(random, depth - 1));
    case 11:
      return random.pick<unknown>([new Array(2 ** 32 - 1), Object.freeze([]), new Map([[1, 2]])]);
    case 12:
      return new Proxy(random.below(2) === 0 ? {} : [], random.below(2) === 0 ? TRAPS : {});
    case 13:
      return { valueOf: throwMark, toString: throwMark, [Symbol.toPrimitive]: throwMark };
    default:
      return anyObject(random, depth - 1);
  }
}

/** An object with some of the option names. */
export function anyObject(random: Random, depth: number, names: readonly string[] = ["bos", "threads"]): object {
  const object = Object.create(random.below(3) === 0 ? null : Object.prototype) as Record<string, unknown>;
  for (const name of names) {
    if (random.below(2) === 0) continue;
    if (random.below(12) === 0) Object.defineProperty(object, name, { get: throwMark });
    else object[name] = anything(random, depth);
  }
  return object;
}
