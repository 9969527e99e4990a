/** Lets whatever can happen do so until something is the case. If it never is, the test runs into its time limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
