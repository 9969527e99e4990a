/**
 * When the model is asked after a keystroke.
 */

/**
 * Waits, unless the signal ends the wait.
 *
 * @returns true when the time has passed, false when it was aborted.
 */
export function quiet(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) {
    return Promise.resolve(false);
  }
  if (milliseconds <= 0) {
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    const end = (passed: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(passed);
    };
    const onAbort = () => end(false);
    const timer = setTimeout(() => end(true), milliseconds);
    signal.addEventListener("abort", onAbort);
  });
}

/** Milliseconds to wait: none when the user asked by hand. */
export function debounceFor(trigger: "automatic" | "manual", configured: number): number {
  return trigger === "manual" ? 0 : Math.max(0, configured);
}
