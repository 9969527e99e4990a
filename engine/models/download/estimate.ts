/** Describes a download's progress in words: megabytes, and the time that is left. */
import type { DownloadProgress } from "./download.ts";

/** Milliseconds over which the rate is averaged, so that it follows the network without jumping. */
const WINDOW_MS = 10_000;
/** Milliseconds before the first estimate; any earlier rate would be a guess. */
const LEAST_MS = 1000;

export class Estimate {
  #samples: { at: number; done: number }[] = [];

  /** @param now time in milliseconds, of any clock that does not jump */
  text({ phase, done, total, detail }: DownloadProgress, now: number): string {
    const megabytes = (bytes: number) => Math.round(bytes / 1e6).toLocaleString("en");
    const share = `${megabytes(done)} of ${megabytes(total)} MB`;
    switch (phase) {
      case "asking":
        return "Asking for the size and the checksum";
      case "waiting":
        return detail;
      case "verifying":
        return `Verifying ${share}`;
      case "transferring": {
        const left = this.#secondsLeft(done, total, now);
        return left === undefined ? share : `${share}, ${duration(left)} left`;
      }
    }
  }

  #secondsLeft(done: number, total: number, now: number): number | undefined {
    const [newest] = this.#samples.slice(-1);
    // Fewer bytes than before: a new file has begun, or the server started from the beginning.
    if (newest !== undefined && done < newest.done) this.#samples = [];
    this.#samples.push({ at: now, done });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) >= WINDOW_MS) this.#samples.shift();
    const [oldest] = this.#samples;
    if (oldest === undefined || now - oldest.at < LEAST_MS || done <= oldest.done) return undefined;
    return ((total - done) * (now - oldest.at)) / (done - oldest.done) / 1000;
  }
}

/** "20 seconds", "1 minute", "2 hours". */
export function duration(seconds: number): string {
  const [count, unit] =
    seconds < 50 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  const whole = Math.max(1, Math.round(count));
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}
