import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { autoClose } from "../../../engine/replay/autoClose.ts";
import { makeScript } from "../../../engine/replay/makeScript.ts";
import { Random } from "../../../engine/replay/random.ts";
import { applyChanges, type EditScript, parseScript } from "../../../engine/replay/script.ts";
import { Typist } from "../../../engine/replay/typist.ts";
import { root } from "../root.ts";

/** The documents at the end of a script, from playing its changes. */
function endOf({ files, events }: EditScript): string[] {
  const texts = files.map(({ text }) => text);
  let shown = 0;
  for (const event of events) {
    if (event.kind === "show") shown = event.file;
    else if (event.kind === "key") texts[shown] = applyChanges(texts[shown] ?? "", event.changes);
    assert.ok(event.offset <= (texts[shown] ?? "").length);
  }
  return texts;
}

const SOURCES = [
  "engine/backend/scheduler.ts",
  "engine/prompt/prefixWindow.ts",
  "webview/style/composer.css",
  "package.json",
  "training/model.py",
];
const FILES = SOURCES.map((path) => ({ path, languageId: "x", text: readFileSync(`${root}/${path}`, "utf8") }));

describe("brackets that close by themselves", () => {
  const cases: { text: string; after?: string; closes: string | undefined; block?: boolean }[] = [
    { text: "(a)", closes: ")" },
    { text: "(a)", after: "x", closes: undefined },
    { text: "(a)", after: ";", closes: ")" },
    { text: "(a", closes: undefined },
    { text: "((a))", closes: ")" },
    { text: "{\n  a\n}", closes: "}", block: true },
    { text: "{\n}", closes: undefined },
    { text: "{ a\n}", closes: undefined },
    { text: '"a"', closes: '"' },
    { text: "'a", closes: undefined },
    { text: "x", closes: undefined },
  ];
  for (const { text, after = "", closes, block = false } of cases) {
    it(`${JSON.stringify(text)} before ${JSON.stringify(after)}: ${closes ?? "none"}`, () => {
      const found = autoClose(text, 0, after);
      assert.deepEqual([found?.closer, found?.block ?? false], [closes, block]);
    });
  }

  it("leave an apostrophe in a word alone", () => {
    assert.equal(autoClose("don't 'x'", 3, ""), undefined);
  });
});

describe("a typist", () => {
  const pieces = [
    "\nconst a = f(b, [c]);\n",
    "\nif (x) {\n  y('z');\n  {\n    deep();\n  }\n}\nend",
    '\nx = ")(" + (")");\n',
    '\n\tname: "größe 😀",\r\n',
    ")]}\n((",
    "",
  ];
  for (const piece of pieces) {
    it(`has typed ${JSON.stringify(piece)} in the end, whatever the typing errors`, () => {
      for (let seed = 0; seed < 50; seed++) {
        const typist = new Typist(piece, new Random(seed));
        let text = "";
        let keys = 0;
        while (!typist.done) {
          const stroke = typist.next("\n");
          text = applyChanges(text, stroke.changes);
          assert.equal(text.length, typist.length);
          assert.equal(stroke.offset, typist.cursor);
          assert.ok(keys++ < 1000);
        }
        assert.equal(text, piece);
      }
    });
  }
});

describe("a made-up session", () => {
  it("ends with the files as they were", () => {
    const script = makeScript(FILES, { seed: 3, keystrokes: 1_000_000 });
    assert.deepEqual(
      endOf(script),
      FILES.map(({ text }) => text),
    );
  });

  it("is the same for the same seed, and different for another", () => {
    const make = (seed: number) => makeScript(FILES, { seed, keystrokes: 600 });
    assert.deepEqual(make(1), make(1));
    assert.notDeepEqual(make(1).events, make(2).events);
  });

  it("has as many keystrokes as asked for, of every kind, in every file", () => {
    const script = makeScript(FILES, { seed: 1, keystrokes: 3000 });
    const keys = script.events.flatMap((event) => (event.kind === "key" ? [event.key] : []));
    assert.equal(keys.length, 3000);
    assert.deepEqual([...new Set(keys)].sort(), ["backspace", "enter", "over", "type"]);
    assert.equal(
      new Set(script.events.flatMap((event) => (event.kind === "show" ? [event.file] : []))).size,
      FILES.length,
    );
    const shows = script.events.filter((event) => event.kind === "show").length;
    const moves = script.events.filter((event) => event.kind === "move").length;
    assert.ok(shows > 2 * FILES.length && moves > 2 * FILES.length, `${shows} shows, ${moves} moves`);
  });

  it("survives being written and read", () => {
    const script = makeScript(FILES, { seed: 1, keystrokes: 300 });
    assert.deepEqual(parseScript(JSON.parse(JSON.stringify(script))), script);
  });
});

describe("a recorded session", () => {
  const file = { path: "a", languageId: "x", text: "abc" };
  const show = { kind: "show", file: 0, offset: 0 };
  const key = (changes: unknown, offset = 0) => ({ kind: "key", key: "type", changes, offset });
  const cases: { value: unknown; message: RegExp }[] = [
    { value: [], message: /the script is not an object/ },
    { value: { files: [], events: [] }, message: /files is empty/ },
    { value: { files: [{ path: "a" }], events: [] }, message: /files\[0\]\.languageId is not a text/ },
    {
      value: { files: [file], events: [{ ...show, file: 1 }] },
      message: /events\[0\]\.file is not a whole number from 0 to 0/,
    },
    { value: { files: [file], events: [key([])] }, message: /events\[0\] comes before any file is shown/ },
    { value: { files: [file], events: [show, { ...show, kind: "jump" }] }, message: /events\[1\]\.kind is neither/ },
    {
      value: { files: [file], events: [show, key([{ offset: 3, length: 1, text: "" }])] },
      message: /events\[1\]\.changes\[0\]\.length is not a whole number from 0 to 0/,
    },
    {
      value: { files: [file], events: [show, key([{ offset: 0, length: 3, text: "" }], 1)] },
      message: /events\[1\]\.offset/,
    },
  ];
  for (const { value, message } of cases) {
    it(`is refused with ${message.source}`, () => {
      assert.throws(() => parseScript(value), message);
    });
  }
});
