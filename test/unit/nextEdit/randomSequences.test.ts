/**
 * Random sequences of edits in several documents: whatever was done before, an edit that is proposed says exactly what it
 * does, and making it changes nothing else.
 */
import assert from "node:assert/strict";
import { NextEditService } from "../../../engine/nextEdit/nextEditService.ts";
import type { TextChange } from "../../../engine/protocol/documents.ts";
import type { NextEdit } from "../../../engine/protocol/nextEdit.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { Random } from "../support/testRandom.ts";

const SEQUENCES = 10_000;
/** Sequences of one test, so that none takes long. */
const PART = 1_000;
/** At least so many sequences of a part must have led to a proposal. */
const LEAST_PROPOSALS = PART / 5;

const LINES: readonly [string, ...string[]] = [
  "import { load, itemCount } from './items';",
  "function load(first, second) {",
  "  const itemCount = load(first, second);",
  "  return load(second, itemCount);",
  "  this.items.push(load(ITEM_COUNT, item_count));",
  '  show("😀 load", first, itemCount);',
  "  if (itemCount > first) load(first);",
  "// loads ItemCount items",
  "}",
  "",
];
const NAMES: readonly [string, ...string[]] = ["load", "itemCount", "first", "second", "items", "show"];
const NEW_NAMES: readonly [string, ...string[]] = ["fetchAll", "rowCount", "start", "😀", "x", "loadAll"];
/** One unit of a pair without the other. */
const HALF_CHARACTER = /\p{Surrogate}/u;
const OPEN = ["file:///a.ts", "file:///b.ts"] as const;
const UNOPENED = "file:///c.ts";

class Desk {
  readonly documents = new Documents();
  readonly random: Random;
  readonly service: NextEditService;
  readonly unopened: string;
  readonly lineEnd: string;
  #now = 0;
  #last: { uri: string; change: TextChange } | undefined;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.lineEnd = this.random.chance(0.3) ? "\r\n" : "\n";
    this.unopened = this.#randomText();
    const files = [{ uri: UNOPENED, path: "c.ts", text: this.unopened }];
    this.service = new NextEditService({
      documents: this.documents,
      now: () => this.#now,
      filesWith: (words) =>
        Promise.resolve(new Map(words.map((word) => [word, files.filter(({ text }) => text.includes(word))]))),
    });
    for (const uri of OPEN) {
      const opened = { uri, path: uri, languageId: "typescript", version: 1, text: this.#randomText() };
      this.service.opened(opened);
      this.documents.open(opened);
    }
  }

  text(uri: string): string {
    return uri === UNOPENED ? this.unopened : (this.documents.get(uri)?.text ?? assert.fail("the mirror lost it"));
  }

  version(uri: string): number {
    return this.documents.get(uri)?.version ?? assert.fail();
  }

  make(uri: string, change: TextChange): void {
    this.#last = { uri, change: inverse(this.text(uri), change) };
    const baseVersion = this.version(uri);
    const message = { uri, baseVersion, version: baseVersion + 1, changes: [change] };
    this.#now += 1_000;
    this.service.changed(message);
    this.documents.change(message);
  }

  /** One edit: the same change in several places, a line, some keys, an undo, or a document opened anew. */
  edit(): void {
    const { random } = this;
    const uri = random.pick(OPEN);
    const kind = random.next();
    if (kind < 0.75) this.#replaceSome(uri);
    else if (kind < 0.87) this.#insertLines(uri);
    else if (kind < 0.94) this.#type(uri);
    else if (kind < 0.98 && this.#last !== undefined) this.make(this.#last.uri, this.#last.change);
    else this.#openAnew(uri);
  }

  #replaceSome(uri: string): void {
    const { random } = this;
    const name = random.pick(NAMES);
    const [before, after] = random.pick([
      [name, random.pick(NEW_NAMES)],
      [`${name}(`, `${name}(context, `],
      [`${name})`, `${name}, options)`],
      [name, `this.${name}`],
      [`, ${name}`, ""],
    ]);
    let at = 0;
    for (let count = random.between(2, 6); count > 0; count--) {
      at = this.text(uri).indexOf(before, at);
      if (at === -1) return;
      this.make(uri, { offset: at, length: before.length, text: after });
      at += after.length;
    }
  }

  #insertLines(uri: string): void {
    const { random } = this;
    const line = random.pick(LINES);
    const added = `${this.lineEnd}  ${random.pick(NEW_NAMES)}();`;
    let at = 0;
    for (let count = random.between(1, 3); count > 0; count--) {
      at = this.text(uri).indexOf(line, at);
      if (line === "" || at === -1) return;
      this.make(uri, { offset: at + line.length, length: 0, text: added });
      at += line.length + added.length;
    }
  }

  #type(uri: string): void {
    const text = this.text(uri);
    let offset = text.indexOf("\n", this.random.below(text.length + 1)) + 1;
    for (const key of [...this.random.pick(LINES)].slice(0, this.random.between(1, 12))) {
      this.make(uri, { offset, length: 0, text: key });
      offset += key.length;
    }
  }

  #openAnew(uri: string): void {
    const opened = { uri, path: uri, languageId: "typescript", version: 1, text: this.#randomText() };
    this.service.opened(opened);
    this.documents.open(opened);
    this.#last = undefined;
  }

  #randomText(): string {
    const lines = Array.from({ length: this.random.between(1, 25) }, () => this.random.pick(LINES));
    return lines.join(this.lineEnd);
  }
}

function inverse(text: string, { offset, length, text: inserted }: TextChange): TextChange {
  return { offset, length: inserted.length, text: text.slice(offset, offset + length) };
}

function applied(text: string, { offset, length, text: inserted }: TextChange): string {
  return text.slice(0, offset) + inserted + text.slice(offset + length);
}

/** That what is shown of an edit is what making it does. */
function checkShown(desk: Desk, { uri, version, change, oldText, line, lineText }: NextEdit): void {
  const text = desk.text(uri);
  assert.equal(version, uri === UNOPENED ? undefined : desk.version(uri));
  assert.equal(text.slice(change.offset, change.offset + change.length), oldText);
  assert.equal(oldText.length, change.length, "it reaches beyond the end");
  assert.notEqual(change.text, oldText);
  const above = text.slice(0, change.offset).split("\n");
  assert.equal(line, above.length - 1);
  assert.equal(lineText, text.split("\n")[line]?.replace(/\r$/, ""));
  const result = applied(text, change);
  assert.ok(!HALF_CHARACTER.test(result), "half a character");
  if (desk.lineEnd === "\r\n") {
    assert.ok(!/(?<!\r)\n|\r(?!\n)/.test(result), `lines end in two ways: ${JSON.stringify([text, change])}`);
  }
}

/** That all edits of a rule can be made at once: they are in order and apart, and the proposed one is among them. */
function checkAll(desk: Desk, { uri, rule, change, count }: NextEdit): void {
  if (uri === UNOPENED) return;
  const all = desk.service.all({ uri, version: desk.version(uri), rule });
  let end = 0;
  for (const { offset, length } of all) {
    assert.ok(offset >= end, "they overlap");
    end = offset + length;
  }
  assert.ok(end <= desk.text(uri).length);
  if (all.length > 0) {
    assert.equal(count, all.length);
    assert.ok(
      all.some((one) => one.offset === change.offset && one.text === change.text),
      JSON.stringify([desk.text(uri), change, all, rule]),
    );
  }
}

/** Edits, and makes what is proposed after each of them. @returns whether anything was proposed. */
async function play(seed: number): Promise<boolean> {
  const desk = new Desk(seed);
  const uri = desk.random.pick(OPEN);
  let proposed = false;
  for (let edits = desk.random.between(1, 4); edits > 0; edits--) {
    desk.edit();
    for (let accepted = 0; accepted < 3; accepted++) {
      const offset = desk.random.below(desk.text(uri).length + 1);
      const edit = await desk.service.next({ uri, version: desk.version(uri), offset });
      if (edit === null) break;
      proposed = true;
      checkShown(desk, edit);
      checkAll(desk, edit);
      if (edit.uri === UNOPENED) break;
      if (desk.random.chance(0.2)) {
        desk.service.dismissed(edit.rule);
        continue;
      }
      const others = OPEN.filter((one) => one !== edit.uri).map((one) => [one, desk.text(one)] as const);
      const expected = applied(desk.text(edit.uri), edit.change);
      desk.make(edit.uri, edit.change);
      assert.equal(desk.text(edit.uri), expected);
      for (const [one, text] of others) assert.equal(desk.text(one), text);
    }
  }
  return proposed;
}

describe("next edits after random sequences of edits", function () {
  this.timeout(60_000);

  for (let from = 0; from < SEQUENCES; from += PART) {
    it(`are what is shown, and change nothing else: ${from} to ${from + PART - 1}`, async () => {
      let proposals = 0;
      for (let seed = from; seed < from + PART; seed++) {
        try {
          if (await play(seed)) proposals++;
        } catch (error) {
          throw new Error(`sequence ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
        }
      }
      assert.ok(proposals >= LEAST_PROPOSALS, `${proposals} of ${PART} sequences led to a proposal`);
    });
  }
});
