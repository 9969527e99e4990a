/** Seeded random numbers for synthetic weights: the same seed gives the same numbers on every machine. */

/** Uniform signed 32-bit integers, by Chris Doty-Humphrey's "small fast counting" generator in its 32-bit form. */
export function randomBits(seed: number, stream: number): () => number {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** `count` samples of a normal distribution with mean 0 and variance 1. */
export function normalSamples(count: number, seed: number): Float64Array {
  const next = randomBits(seed, 0x6e6f726d);
  const uniform = () => ((next() >>> 0) + 0.5) / 2 ** 32;
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

/** Fills `codes` with ternary codes: 0 and 2 with probability 1/4 each, 1 with 1/2. */
export function fillCodes(codes: Uint8Array, next: () => number): void {
  let two = 0;
  for (let i = 0; i < codes.length; i++) {
    if ((i & 15) === 0) {
      // A code is the sum of two random bits; sixteen pairs are added at a time.
      const [x, y] = [next(), next()];
      two = ((x ^ y) & 0x55555555) | ((x & y & 0x55555555) << 1);
    }
    codes[i] = (two >>> (2 * (i & 15))) & 3;
  }
}
