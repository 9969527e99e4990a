/**
 * Tells the engine which files of the workspace it may read for its index, and which of them have changed. When the rules
 * for reading change, a listing that was made by the old rules is not sent: the files are judged anew first.
 */
import { type RepositoryFilesChange, repositoryFilesChanged } from "../protocol/repository.ts";
import type { EngineClient } from "./client.ts";

/** Milliseconds after which all files are listed again when the rules for reading have changed. */
const AGAIN_MS = 1_000;
/** Files that are named in one message. */
const BATCH = 500;

export interface FileListingDependencies {
  engine: Pick<EngineClient, "notify">;
  /** Whether there is to be an index. */
  isOn(): boolean;
  /** Absolute paths of the opened folders on this machine. */
  folders(): readonly string[];
  /** Globs of files in installed packages that are not read; undefined when no package is read at all. */
  packages(): NonNullable<RepositoryFilesChange["packages"]> | undefined;
  /** Addresses of the files in a folder that may be read. May end early where `isOver`. */
  walk(folder: string, isOver: () => boolean): Promise<string[]>;
  /** Whether a file that has changed may be read. */
  mayRead(uri: string): boolean | Promise<boolean>;
}

export class FileListing {
  readonly #deps: FileListingDependencies;
  #timer: NodeJS.Timeout | undefined;
  /** Increases whenever the rules may have changed, so that a listing that goes by older ones ends. */
  #rules = 0;
  /**
   * Whether a listing is to come or is being made. Changed files are named only after its end, because the engine forgets
   * what it knows when a listing begins.
   */
  #isListing = false;
  #wasOn = false;
  /** Addresses of files that have changed while a listing was to come or was being made. */
  readonly #waiting = new Set<string>();

  constructor(deps: FileListingDependencies) {
    this.#deps = deps;
  }

  /** Lists all files again after a while. A listing in progress ends at once. */
  list(afterMs = AGAIN_MS): void {
    this.#rules++;
    this.#isListing = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#list(), afterMs).unref();
  }

  /** @param uris files that are new, were changed, or are gone. The engine finds out which. */
  async changed(uris: readonly string[]): Promise<void> {
    const { engine, isOn, mayRead } = this.#deps;
    if (!isOn() || uris.length === 0) return;
    const rules = this.#rules;
    const changed: string[] = [];
    const removed: string[] = [];
    if (!this.#isListing) for (const uri of uris) ((await mayRead(uri)) ? changed : removed).push(uri);
    if (!this.#isListing && rules === this.#rules) {
      engine.notify(repositoryFilesChanged, { reset: false, changed, removed });
    } else {
      for (const uri of uris) this.#waiting.add(uri);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#rules++;
  }

  async #list(): Promise<void> {
    const { engine, isOn, walk } = this.#deps;
    const rules = ++this.#rules;
    const isOver = () => rules !== this.#rules || !isOn();
    if (!isOn()) {
      if (this.#wasOn) engine.notify(repositoryFilesChanged, { reset: true, changed: [], removed: [] });
      this.#wasOn = false;
      this.#end();
      return;
    }
    this.#wasOn = true;
    const folders = [...this.#deps.folders()];
    const packages = this.#deps.packages();
    const first = { reset: true, folders, ...(packages && { packages }) };
    let isFirst = true;
    const send = (changed: string[]) => {
      engine.notify(repositoryFilesChanged, { ...(isFirst ? first : { reset: false }), changed, removed: [] });
      isFirst = false;
    };
    for (const folder of folders) {
      const uris = await walk(folder, isOver);
      for (let at = 0; (at < uris.length || isFirst) && !isOver(); at += BATCH) send(uris.slice(at, at + BATCH));
    }
    if (isOver()) return;
    // When no folder is open any more, the engine must still forget the files of the earlier ones.
    if (isFirst) send([]);
    this.#end();
  }

  /** The engine has the whole list, so the files that have changed meanwhile are judged now. */
  #end(): void {
    this.#isListing = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    void this.changed(waiting);
  }
}
