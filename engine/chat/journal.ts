/**
 * The files of conversations: one a conversation, one record a line, only ever appended to. A record begins with its
 * line feed, so that what a dying process has left half-written spoils no record but itself.
 */
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isAlive } from "../process/isAlive.ts";
import { apply, type ChatRecord, type Conversation, newConversation, recordsOf } from "./conversation.ts";

const SUFFIX = ".jsonl";
const ID = /^[\w-]{1,64}$/;
/** Behind the name of a file while it is written anew, which takes milliseconds. */
const FRESH = /\.jsonl\.(\d+)\.new$/;
/** Older than this, it was left by a process that was killed, though another one may have its id. */
const ABANDONED_MS = 30_000;
/** A file with so many more records than turns is written anew when it is opened. */
const SLACK = 64;

export class Journal {
  readonly #folder: string;
  readonly #now: () => number;
  /** What the files held when they were read last, by id. */
  readonly #read = new Map<string, { mtimeMs: number; size: number; conversation: Conversation }>();

  /** Conversations of which a record could not be written. */
  readonly #unsaved = new Set<string>();

  /** @param folder created when the first conversation is written. */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
    this.#removeAbandoned();
  }

  newConversation(): Conversation {
    return newConversation(randomUUID(), this.#now());
  }

  /**
   * Writes a record, then applies it. The first record of a conversation makes its file, and so does the first one
   * that can be written after one that could not.
   *
   * @throws Error with one line when it cannot be written; the record is applied all the same.
   */
  append(conversation: Conversation, body: DistributiveOmit<ChatRecord, "at">): void {
    const record = { at: this.#now(), ...body } as ChatRecord;
    apply(conversation, record);
    const file = this.#file(conversation.id);
    try {
      if (this.#unsaved.has(conversation.id) || !existsSync(file)) {
        mkdirSync(this.#folder, { recursive: true });
        // What happened before the file could be written is not lost, either.
        this.#replace(conversation);
        this.#unsaved.delete(conversation.id);
      } else {
        appendFileSync(file, line(record));
      }
    } catch (error) {
      this.#unsaved.add(conversation.id);
      throw new Error(`The conversation cannot be saved: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** The conversation; undefined when there is none of this id. An answer that nobody writes any more is "interrupted". */
  open(id: string): Conversation | undefined {
    if (!ID.test(id) || !existsSync(this.#file(id))) {
      return undefined;
    }
    const { conversation, records } = this.#load(id);
    for (const turn of conversation.turns) {
      if (turn.state === "writing") {
        turn.state = "interrupted";
      }
    }
    if (records > conversation.turns.length * 2 + SLACK) {
      try {
        this.#replace(conversation);
      } catch {
        // The long file says the same.
      }
    }
    return conversation;
  }

  /** Ids, the one changed last first. */
  ids(): string[] {
    return this.all().map(({ id }) => id);
  }

  /** All conversations with turns, the one changed last first. Not to be changed. */
  all(): readonly Conversation[] {
    if (!existsSync(this.#folder)) {
      return [];
    }
    const found: Conversation[] = [];
    for (const name of readdirSync(this.#folder)) {
      const id = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !ID.test(id)) {
        continue;
      }
      const { mtimeMs, size } = statSync(this.#file(id));
      const known = this.#read.get(id);
      const conversation =
        known?.mtimeMs === mtimeMs && known.size === size ? known.conversation : this.#load(id).conversation;
      this.#read.set(id, { mtimeMs, size, conversation });
      if (conversation.turns.length > 0) {
        found.push(conversation);
      }
    }
    return found.sort((one, other) => other.updated - one.updated);
  }

  remove(id: string): void {
    if (ID.test(id)) {
      rmSync(this.#file(id), { force: true });
      this.#read.delete(id);
    }
  }

  #load(id: string): { conversation: Conversation; records: number } {
    const conversation = newConversation(id, 0);
    let records = 0;
    for (const text of readFileSync(this.#file(id), "utf8").split("\n")) {
      const record = parseRecord(text);
      if (record !== undefined) {
        apply(conversation, record);
        records++;
      }
    }
    // The name of the file is what it is found by.
    conversation.id = id;
    return { conversation, records };
  }

  /** In one step: a reader sees the old file or the new one. */
  #replace(conversation: Conversation): void {
    const file = this.#file(conversation.id);
    const fresh = `${file}.${process.pid}.new`;
    try {
      const handle = openSync(fresh, "w", 0o600);
      try {
        // Not writeSync(): on a full disk it may write a part and not fail.
        writeFileSync(handle, recordsOf(conversation).map(line).join(""));
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
      renameSync(fresh, file);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  }

  #removeAbandoned(): void {
    try {
      for (const name of readdirSync(this.#folder)) {
        const file = join(this.#folder, name);
        const writer = FRESH.exec(name)?.[1];
        if (writer === undefined) continue;
        const isAbandoned = !isAlive(Number(writer)) || Date.now() - statSync(file).mtimeMs > ABANDONED_MS;
        if (isAbandoned) rmSync(file, { force: true });
      }
    } catch {
      // There is no folder yet, or another process was faster.
    }
  }

  #file(id: string): string {
    return join(this.#folder, id + SUFFIX);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function line(record: ChatRecord): string {
  return `\n${JSON.stringify(record)}`;
}

/** The record, or undefined for a blank line and for one that was not written to its end. */
function parseRecord(text: string): ChatRecord | undefined {
  if (text === "") {
    return undefined;
  }
  try {
    const value = JSON.parse(text) as ChatRecord;
    renameOldFields(value);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the model reads of a turn was called "told" in the first files. */
function renameOldFields(record: ChatRecord): void {
  for (const part of [record, record?.r === "turn" ? record.turn : undefined] as {
    told?: unknown;
    modelText?: unknown;
  }[]) {
    if (typeof part !== "object" || part === null || !("told" in part)) continue;
    part.modelText ??= part.told;
    delete part.told;
  }
}

/** Files may be damaged or of another version: what is not as expected is left out. */
function isRecord(value: ChatRecord): boolean {
  if (typeof value !== "object" || value === null || typeof value.at !== "number") {
    return false;
  }
  switch (value.r) {
    case "head":
      return typeof value.id === "string" && typeof value.title === "string";
    case "title":
      return typeof value.title === "string";
    case "turn": {
      const { turn } = value;
      return (
        typeof turn === "object" &&
        turn !== null &&
        typeof turn.id === "number" &&
        (turn.role === "user" || turn.role === "assistant") &&
        [turn.text, turn.modelText, turn.state, turn.note].every((text) => typeof text === "string") &&
        Array.isArray(turn.attached) &&
        (turn.thoughts === undefined || typeof turn.thoughts === "string") &&
        (turn.spans === undefined || areSpans(turn.spans))
      );
    }
    case "text":
    case "thought":
      return typeof value.turn === "number" && typeof value.text === "string";
    case "end":
      return typeof value.turn === "number" && typeof value.state === "string" && typeof value.note === "string";
    case "reword":
      return typeof value.turn === "number" && typeof value.text === "string" && typeof value.modelText === "string";
    case "attach":
      return (
        typeof value.turn === "number" &&
        [value.modelText, value.note].every((text) => typeof text === "string") &&
        Array.isArray(value.attached) &&
        areSpans(value.spans)
      );
    case "detach":
      return typeof value.turn === "number" && typeof value.index === "number";
    case "resume":
    case "cut":
      return typeof value.turn === "number";
    case "drop":
      return Array.isArray(value.turns);
    case "fold":
      return typeof value.upTo === "number";
    default:
      return false;
  }
}

function areSpans(value: unknown): boolean {
  const isPlace = (place: unknown) => Number.isInteger(place);
  return Array.isArray(value) && value.every((span) => Array.isArray(span) && span.length === 2 && span.every(isPlace));
}
