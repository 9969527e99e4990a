/** The engine's status as lines of the log. */
import type { Status } from "../protocol/status.ts";

/** Chooses what is logged: no line twice in a row, and of something that reports its progress only the first line. */
export class StatusLog {
  #last = "";

  /** The line to log; "" when there is nothing new. */
  next(status: Status): string {
    const line = statusLine(status);
    const kind = line.replace(/:? *\d+ %/, "");
    if (line === "" || kind === this.#last) return "";
    this.#last = kind;
    return line;
  }
}

/** "" when there is nothing new to report: the engine is working, or idle again. */
export function statusLine({ state, detail, model }: Status): string {
  switch (state) {
    case "working":
      return "";
    case "ready": {
      if (model === undefined) return "The engine is ready.";
      const { name, kernel, threads, destination, contextLength, promptTokens, prefillTokensPerSecond, chat } = model;
      const place = destination === undefined ? `kernel ${kernel}, ${threads} threads` : `at ${destination}`;
      return (
        `Model ready: ${name} (${place}); context of ${contextLength} tokens, prompts of up to ${promptTokens}, ` +
        `${prefillTokensPerSecond} tokens read in a second; ${chat ? "answers questions" : "completes code only"}.`
      );
    }
    default:
      return detail;
  }
}
