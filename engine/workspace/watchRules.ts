/** Tells when files of rules change, wherever they are: editors watch only the opened folders. */
import { type StatsListener, unwatchFile, watchFile } from "node:fs";

/** Milliseconds between two looks at a file. */
const INTERVAL_MS = 4_000;

export class RulesWatcher {
  readonly #onChange: StatsListener;
  readonly #paths = new Set<string>();

  /** @param onChange called when one of the files was made, changed or removed. */
  constructor(onChange: () => void) {
    // Of a file that is not there, the listener is told once at first.
    this.#onChange = (now, before) => {
      if (now.mtimeMs !== before.mtimeMs || now.size !== before.size || now.ino !== before.ino) onChange();
    };
  }

  add(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.#paths.has(path)) continue;
      this.#paths.add(path);
      // Several folders may have the same rules above them.
      watchFile(path, { interval: INTERVAL_MS, persistent: false }, this.#onChange).setMaxListeners(0);
    }
  }

  dispose(): void {
    for (const path of this.#paths) unwatchFile(path, this.#onChange);
    this.#paths.clear();
  }
}
