/** Lets the event loop run until a condition holds. If it never does, the test exceeds its time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
