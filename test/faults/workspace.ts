/** Files whose text is in the engine's index while it works: told again to every new engine, and changed now and then. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineClient } from "../../engine/client/client.ts";
import * as protocol from "../../engine/protocol/index.ts";
import type { Random } from "../unit/support/testRandom.ts";

const FILES = 200;
const PATIENCE_MS = 20_000;

export class IndexedWorkspace {
  readonly #folder: string;
  readonly #client: EngineClient;
  readonly #random: Random;

  constructor(folder: string, client: EngineClient, random: Random) {
    this.#folder = folder;
    this.#client = client;
    this.#random = random;
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < FILES; file++) this.#write(file);
  }

  /** The engine is new: it knows of no file. */
  list(): void {
    const changed = Array.from({ length: FILES }, (_, file) => pathToFileURL(this.#path(file)).href);
    this.#client.notify(protocol.repositoryFilesChanged, {
      reset: true,
      folders: [this.#folder],
      changed,
      removed: [],
    });
  }

  /** Somebody saves a file. */
  change(): void {
    const file = this.#random.below(FILES);
    this.#write(file);
    const changed = [pathToFileURL(this.#path(file)).href];
    this.#client.notify(protocol.repositoryFilesChanged, { reset: false, changed, removed: [] });
  }

  /** Every file is in the index, sooner or later. */
  async check(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    let status = await this.#client.request(protocol.repositoryStatus);
    while ((status.waiting > 0 || status.files !== FILES) && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      status = await this.#client.request(protocol.repositoryStatus);
    }
    assert.equal(status.files, FILES, JSON.stringify(status));
    assert.ok(status.indexBytes <= status.limitBytes, JSON.stringify(status));
  }

  #write(file: number): void {
    const line = (at: number) => `const value${at} = compute(${this.#random.below(50)}, "text");\n`;
    writeFileSync(this.#path(file), Array.from({ length: 40 }, (_, at) => line(at)).join(""));
  }

  #path(file: number): string {
    return join(this.#folder, `file${file}.ts`);
  }
}
