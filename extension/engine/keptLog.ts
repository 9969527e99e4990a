/** The last lines of the log, for editors whose log files do not work. Free of `vscode`. */

const MAX_LINES = 2_000;

export class KeptLog {
  readonly #lines: string[] = [];
  readonly #now: () => Date;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  add(level: "info" | "error", line: string): void {
    this.#lines.push(`${this.#now().toISOString()} [${level}] ${line}`);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }
}
