/**
 * The time on which decisions are based. The engine uses the real one; a replay may leave out the time in which nobody
 * does anything.
 */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Waits unless the signal ends the wait. True when the time has passed, false when it was aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<boolean>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  wait(milliseconds, signal) {
    if (signal.aborted) {
      return Promise.resolve(false);
    }
    if (milliseconds <= 0) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const end = (passed: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        resolve(passed);
      };
      const onAbort = () => end(false);
      const due = performance.now() + milliseconds;
      // Timers count from when the event loop last read the clock, so they may end some milliseconds early.
      const look = () => {
        const left = due - performance.now();
        if (left <= 0) end(true);
        else timer = setTimeout(look, Math.ceil(left));
      };
      look();
      signal.addEventListener("abort", onAbort);
    });
  },
};
