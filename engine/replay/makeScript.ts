/**
 * Makes an edit session from finished files. Pieces of text are taken out of them and typed in again, alternating
 * between a few files, with jumps to forgotten lines above. The same files and the same seed give the same script.
 */
import { Random } from "./random.ts";
import type { EditScript, ScriptFile } from "./script.ts";
import { type Piece, Session, Writer } from "./scriptWriter.ts";
import { Typist } from "./typist.ts";

export interface MakeOptions {
  seed: number;
  /** Number of keystrokes after which the script ends; it ends earlier when every piece is typed. */
  keystrokes: number;
}

/** Number of files between which the typist alternates. */
const OPEN_FILES = 4;
/** The probabilities, at the end of a stretch, of going to another file, and of looking at another place. */
const SWITCH_FILE = 0.5;
const LOOK_ELSEWHERE = 0.15;
/** The probability, at the end of a stretch, of remembering a line above that was forgotten. */
const EDIT_ABOVE = 0.4;
/** The most lines between such a line and the piece below it. */
const ABOVE_LINES = 40;

export function makeScript(files: readonly ScriptFile[], options: MakeOptions): EditScript {
  const random = new Random(options.seed);
  const budget = Math.ceil((options.keystrokes / Math.max(1, files.length)) * 1.3);
  const started = files.map((file, index) => begin(index, file.text, budget, random));
  const script: EditScript = {
    files: files.map((file, index) => ({ ...file, text: started[index]?.text ?? file.text })),
    events: [],
  };
  const writer = new Writer(script.events, random, options.keystrokes);
  const waiting = started.filter((session) => session.current !== undefined);
  const open: Session[] = waiting.splice(0, 1);
  let session = open[0];
  while (session !== undefined && !writer.full) {
    writer.show(session);
    writer.stretch(session);
    const forgotten = session.pieces.find((piece) => piece.aside && !piece.typist.done);
    if (forgotten !== undefined && (random.chance(EDIT_ABOVE) || session.current === undefined)) {
      writer.piece(session, forgotten);
    } else if (random.chance(LOOK_ELSEWHERE)) {
      writer.look(session);
    }
    if (session.current === undefined) {
      open.splice(open.indexOf(session), 1);
    }
    // Every file gets its turn, although there may be too few keystrokes to finish them all.
    const late = writer.done > (started.length - waiting.length) / started.length;
    if (late || open.length === 0 || random.chance(SWITCH_FILE)) {
      const fresh = late || open.length < OPEN_FILES ? waiting.shift() : undefined;
      if (fresh !== undefined) {
        open.push(fresh);
      }
      session = fresh ?? open[random.between(0, open.length - 1)];
    } else if (!open.includes(session)) {
      session = open[random.between(0, open.length - 1)];
    }
  }
  return script;
}

/** A file with some of its text taken out. */
function begin(file: number, finished: string, budget: number, random: Random): Session {
  const lineEnds: number[] = [];
  for (let at = finished.indexOf("\n"); at !== -1; at = finished.indexOf("\n", at + 1)) lineEnds.push(at);
  if (lineEnds.length < 3) {
    // A file of one or two lines is typed as a whole.
    return new Session(file, "", [pieceOf(finished, 0, finished.length, false, random)]);
  }
  const pieces: Piece[] = [];
  const first = chooseBlock(finished, lineEnds, budget, random);
  pieces.push(pieceOf(finished, lineEnds[first.from] ?? 0, lineEnds[first.to] ?? 0, false, random));
  const above = Math.max(0, first.from - random.between(2, ABOVE_LINES));
  const from = lineEnds[above] ?? 0;
  const to = lineEnds[above + 1] ?? 0;
  if (above + 1 < first.from && finished.slice(from, to).trim().length > 4) {
    pieces.unshift(pieceOf(finished, from, to, true, random));
  }
  let text = finished;
  for (const piece of [...pieces].reverse()) {
    text = text.slice(0, piece.start) + text.slice(piece.start + piece.text.length);
  }
  return new Session(file, text, pieces);
}

/** Lines [from + 1, to] of about `budget` characters, from the line end before them to their own last line end. */
function chooseBlock(text: string, lineEnds: number[], budget: number, random: Random): { from: number; to: number } {
  const last = lineEnds.length - 1;
  const whole = text.length <= budget;
  let from = whole ? 0 : random.between(0, Math.max(0, last - 2));
  // The end of a file is skipped when it is too short to be worth typing.
  while (!whole && from > 0 && (lineEnds[last] ?? 0) - (lineEnds[from] ?? 0) < budget / 2) from--;
  let to = from + 1;
  while (to < last && (lineEnds[to] ?? 0) - (lineEnds[from] ?? 0) < budget) to++;
  return { from, to };
}

function pieceOf(text: string, start: number, end: number, aside: boolean, random: Random): Piece {
  const taken = text.slice(start, end);
  return { start, text: taken, typist: new Typist(taken, random), aside };
}
