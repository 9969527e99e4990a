/**
 * Runs `use` and returns the largest number of bytes that a single allocation in JavaScript asked for, among buffers
 * and the typed arrays that the readers use.
 */
export async function largestAllocation(use: () => Promise<void>): Promise<number> {
  let largest = 0;
  const note = (bytes: unknown) => {
    if (typeof bytes === "number") largest = Math.max(largest, bytes);
  };
  const { alloc, allocUnsafe } = Buffer;
  const watched = ["Uint8Array", "Uint16Array", "Uint32Array", "Float32Array", "Float64Array", "ArrayBuffer"] as const;
  const originals = watched.map((name) => globalThis[name]);
  Buffer.alloc = ((size: number, ...rest: []) => {
    note(size);
    return alloc(size, ...rest);
  }) as typeof Buffer.alloc;
  Buffer.allocUnsafe = (size: number) => {
    note(size);
    return allocUnsafe(size);
  };
  watched.forEach((name, i) => {
    const original = originals[i] as unknown as { BYTES_PER_ELEMENT?: number };
    Object.assign(globalThis, {
      [name]: new Proxy(original as unknown as new (...args: unknown[]) => object, {
        construct: (target, args, newTarget) => {
          if (typeof args[0] === "number") note(args[0] * (original.BYTES_PER_ELEMENT ?? 1));
          return Reflect.construct(target, args, newTarget);
        },
      }),
    });
  });
  try {
    await use();
  } finally {
    Object.assign(Buffer, { alloc, allocUnsafe });
    watched.forEach((name, i) => {
      Object.assign(globalThis, { [name]: originals[i] });
    });
  }
  return largest;
}
