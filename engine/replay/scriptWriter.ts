/** Writes the events of a session in which pieces of files are typed into their documents. */
import type { Random } from "./random.ts";
import { applyChanges, type ScriptEvent } from "./script.ts";
import type { Stroke, Typist } from "./typist.ts";

/** The fewest characters that are typed in one place before something else may happen; below, the most. */
const SHORTEST_STRETCH = 30;
const LONGEST_STRETCH = 110;

export interface Piece {
  /** Offset of the piece in the finished file. */
  start: number;
  text: string;
  typist: Typist;
  /** Whether it is a forgotten line above, which is typed in between, while a piece below is being typed. */
  aside: boolean;
}

export class Session {
  readonly file: number;
  text: string;
  cursor = 0;
  readonly pieces: Piece[];

  constructor(file: number, text: string, pieces: Piece[]) {
    this.file = file;
    this.pieces = pieces;
    this.text = text;
  }

  get current(): Piece | undefined {
    return this.pieces.find((piece) => !piece.aside && !piece.typist.done);
  }

  /** Offset of a piece in the document in its current state. */
  startOf(piece: Piece): number {
    let offset = piece.start;
    for (const { start, text, typist } of this.pieces) {
      if (start < piece.start) offset -= text.length - typist.length;
    }
    return offset;
  }
}

/** Writes events and updates the documents. */
export class Writer {
  readonly #events: ScriptEvent[];
  readonly #random: Random;
  readonly #limit: number;
  #keys = 0;
  #shown: Session | undefined;
  /** Whether the cursor has just come to another place, so that a longer pause precedes the next key. */
  #arrived = false;

  constructor(events: ScriptEvent[], random: Random, limit: number) {
    this.#events = events;
    this.#random = random;
    this.#limit = limit;
  }

  /** Share of the keystrokes that have been written. */
  get done(): number {
    return this.#keys / this.#limit;
  }

  get full(): boolean {
    return this.#keys >= this.#limit;
  }

  show(session: Session): void {
    if (this.#shown === session) return;
    this.#shown = session;
    this.#arrived = true;
    const afterMs = this.#random.between(500, 1500);
    this.#events.push({ kind: "show", file: session.file, offset: session.cursor, afterMs });
  }

  /** Continues typing the session's piece for a while. */
  stretch(session: Session): void {
    const piece = session.current;
    if (piece === undefined) return;
    const end = piece.typist.cursor + this.#random.between(SHORTEST_STRETCH, LONGEST_STRETCH);
    do {
      this.#stroke(session, piece);
    } while (!piece.typist.done && !this.full && !(piece.typist.cursor >= end && piece.typist.atLineEnd));
  }

  /** Types a whole piece. */
  piece(session: Session, piece: Piece): void {
    while (!piece.typist.done && !this.full) this.#stroke(session, piece);
  }

  /** Moves to some line without typing there. */
  look(session: Session): void {
    const offset = session.text.lastIndexOf("\n", this.#random.between(0, session.text.length)) + 1;
    this.#move(session, offset);
  }

  #stroke(session: Session, piece: Piece): void {
    const start = session.startOf(piece);
    this.#move(session, start + piece.typist.cursor);
    const stroke = piece.typist.next(session.text.slice(start + piece.typist.length, start + piece.typist.length + 1));
    const afterMs = this.#pause(stroke, session.text[session.cursor - 1] === "\n");
    const offset = start + stroke.offset;
    session.cursor = offset;
    if (stroke.key === "past") {
      this.#events.push({ kind: "move", offset, afterMs });
      return;
    }
    const changes = stroke.changes.map((change) => ({ ...change, offset: change.offset + start }));
    session.text = applyChanges(session.text, changes);
    this.#events.push({ kind: "key", key: stroke.key, changes, offset, afterMs });
    this.#keys++;
  }

  #move(session: Session, offset: number): void {
    if (session.cursor === offset) return;
    session.cursor = offset;
    this.#arrived = true;
    this.#events.push({ kind: "move", offset, afterMs: this.#random.between(300, 900) });
  }

  /**
   * Milliseconds before a key, in the rhythm of a person who types code at 50 words per minute and sometimes thinks.
   */
  #pause(stroke: Stroke, atLineStart: boolean): number {
    const random = this.#random;
    if (this.#arrived) {
      this.#arrived = false;
      return random.between(600, 2000);
    }
    if (random.chance(0.02)) return random.between(800, 3000);
    if (atLineStart || stroke.key === "past") return random.between(200, 600);
    return stroke.key === "type" ? random.between(90, 230) : random.between(120, 350);
  }
}
