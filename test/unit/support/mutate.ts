/** Makes valid inputs invalid at random, in the same way in every run. */
import type { Random } from "./testRandom.ts";

const VALUES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  "",
  "x",
  "1",
  "\u0000\ud800",
  "x".repeat(5000),
  [],
  [[]],
  {},
  // Values that JSON can express and String() cannot convert.
  { toString: 1, valueOf: 1 },
  { length: 2 ** 40 },
];

/** How often a property is tried. STERNA_ROUNDS=20 tries 20 times as often, to find what the normal number misses. */
export function rounds(count: number): number {
  return count * Number(process.env.STERNA_ROUNDS ?? 1);
}

/** A copy of a JSON value in which one to three places hold something else, nothing, or a neighbour's value. */
export function mutateJson(random: Random, value: unknown): unknown {
  const copy: unknown = structuredClone(value);
  const holder = { value: copy };
  for (let i = 1 + random.below(3); i > 0; i--) {
    const places = placesOf(holder);
    const place = places[random.below(places.length)];
    if (place === undefined) continue;
    const { object, key } = place;
    const kind = random.below(8);
    if (kind === 0 && object !== holder) Reflect.deleteProperty(object, key);
    else if (kind === 1) object[key] = read(places[random.below(places.length)]);
    else if (kind === 2) Object.assign(object, { [`${key}x`]: object[key] });
    else object[key] = structuredClone(random.pick(VALUES));
  }
  return holder.value;
}

interface PropertySlot {
  object: Record<string, unknown>;
  key: string;
}

function read(place: PropertySlot | undefined): unknown {
  return place === undefined ? undefined : structuredClone(place.object[place.key]);
}

/**
 * The places in a value: deep ones are no more frequent than shallow ones, and of long arrays there are a few elements.
 */
function placesOf(value: unknown): PropertySlot[] {
  if (typeof value !== "object" || value === null) return [];
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  const some = keys.length <= 40 ? keys : keys.filter((_, i) => i < 20 || i >= keys.length - 20);
  return some.flatMap((key) => [{ object, key }, ...placesOf(object[key])]);
}

/** A copy in which bytes were changed, removed, inserted or repeated, most often near the beginning. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let copy = Buffer.from(bytes);
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = Math.floor(copy.length * random.next() ** (1 + 2 * random.below(3)));
    const length = 1 + random.below(16);
    switch (random.below(6)) {
      case 0:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
        break;
      case 1:
        copy = Buffer.concat([copy.subarray(0, at), random.bytes(length), copy.subarray(at)]);
        break;
      case 2:
        copy = Buffer.concat([copy.subarray(0, at), copy.subarray(Math.max(0, at - length))]);
        break;
      case 3:
        copy.fill(random.pick([0, 255, 127]), at, at + random.pick([1, 4, 8]));
        break;
      default:
        if (at < copy.length) copy[at] = random.below(256);
    }
  }
  return copy;
}
