/** Collects chunks of other files that may matter at the cursor, by following where the user looks, types and saves. */

import type { CursorPosition, Definitions, DocumentChange } from "../protocol/documents.ts";
import type { Documents } from "../repository/openDocuments.ts";
import type { CursorContext } from "../text/cursor.ts";
import { type Chunk, ChunkRing, textAround } from "./chunkRing.ts";

/** An edit this many characters away from the last one is at another place. */
const FAR = 1500;

export class WorkContext {
  readonly #documents: Documents;
  readonly #ring = new ChunkRing();
  #edit: { uri: string; offset: number } | undefined;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** The cursor has moved to a place, and the lines around it become a chunk. */
  visit({ uri, offset }: CursorPosition): void {
    if (uri !== this.#edit?.uri) this.settle();
    this.#add(uri, offset);
  }

  /**
   * The document was changed. The surroundings of the edit become a chunk when the user edits elsewhere, goes to another
   * document, or saves.
   */
  edit({ uri, changes }: DocumentChange): void {
    const { offset = 0 } = changes[0] ?? {};
    const last = this.#edit;
    if (last !== undefined && (last.uri !== uri || Math.abs(last.offset - offset) > FAR)) this.settle();
    this.#edit = { uri, offset };
  }

  /** The last edit is finished: its document was saved, or another one is being edited. */
  settle(uri = this.#edit?.uri): void {
    if (this.#edit !== undefined && uri === this.#edit.uri) {
      this.#add(this.#edit.uri, this.#edit.offset);
      this.#edit = undefined;
    }
  }

  addDefinitions({ languageId, chunks }: Definitions): void {
    for (const chunk of chunks) this.#ring.add({ ...chunk, languageId });
  }

  forget(): void {
    this.#ring.clear();
    this.#edit = undefined;
  }

  /** Chunks of other files, the newest last. */
  chunksFor(uri: string, context: CursorContext): Chunk[] {
    return this.#ring.chunksFor(uri, context).filter((chunk) => !this.#documents.isPrivate(chunk.uri));
  }

  #add(uri: string, offset: number): void {
    const document = this.#documents.shared(uri);
    if (document === undefined) {
      return;
    }
    const { path, languageId, text } = document;
    this.#ring.add({ uri, path, languageId, text: textAround(text, offset) });
  }
}
