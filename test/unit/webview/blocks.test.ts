import assert from "node:assert/strict";
import { blocksOf, finishedBlocks } from "../../../webview/markdown/blocks.ts";
import { withLongFences } from "../../../webview/markdown/nestedFences.ts";
import { visible } from "../../../webview/markdown/visible.ts";
import { mentionAt } from "../../../webview/mention.ts";

const SAMPLE = `# Title

A paragraph
of two lines.

- one

  more of one
- two

  \`\`\`js
  let a;

  let b;
  \`\`\`

1. first
2. second

After the list:
\`\`\`ts
let a;

# no heading
\`\`\`
~~~
\`\`\`
~~~

| a | b |
|---|---|
| 1 | 2 |

The end`;

describe("blocks of a growing text", () => {
  const cases: [string, string[]][] = [
    ["one paragraph", ["one paragraph"]],
    ["a\n\nb\n\nc", ["a\n\n", "b\n\n", "c"]],
    ["- a\n\n- b\n\nc", ["- a\n\n- b\n\n", "c"]],
    ["- a\n\n  b\n- c", ["- a\n\n  b\n- c"]],
    ["text:\n```\na\n\nb\n```\nmore", ["text:\n", "```\na\n\nb\n```\n", "more"]],
    ["````\n```\na\n````\nb", ["````\n```\na\n````\n", "b"]],
    ["```\nnever closed\n\nat all", ["```\nnever closed\n\nat all"]],
    ["`` ` ``` a\n\nb", ["`` ` ``` a\n\n", "b"]],
    ["\n\na", ["\n\na"]],
    ["a\n\n\n\nb", ["a\n\n", "\n\nb"]],
    ["\n".repeat(20_000), ["\n".repeat(20_000)]],
    ["a\r\n\r\nb", ["a\r\n\r\n", "b"]],
    ["", []],
    ["```md\n# A\n```js\na\n```\nmore\n```\nb", ["```md\n# A\n```js\na\n```\nmore\n```\n", "b"]],
    ["```ts\n`\n```js\n```\nb", ["```ts\n`\n```js\n```\n", "b"]],
    [
      "````markdown\n```js\na\n```\n```sh\nb\n```\n````\nc",
      ["````markdown\n```js\na\n```\n```sh\nb\n```\n````\n", "c"],
    ],
  ];
  for (const [text, blocks] of cases) {
    it(`of ${JSON.stringify(text.slice(0, 99))}`, () => assert.deepEqual(blocksOf(text), blocks));
  }

  it("are the same however the text comes in", () => {
    const whole = blocksOf(SAMPLE);
    assert.equal(whole.join(""), SAMPLE);
    for (let step = 1; step < 40; step++) {
      const pieces: string[] = [];
      let stable = 0;
      for (let end = step; ; end += step) {
        const text = SAMPLE.slice(0, end);
        const progress = finishedBlocks(text, stable, end >= SAMPLE.length);
        assert.ok(progress.stable >= stable);
        pieces.push(...blocksOf(text.slice(stable, progress.stable)));
        stable = progress.stable;
        if (end >= SAMPLE.length) break;
      }
      // A blank line may be a block of its own.
      const shown = (blocks: string[]) => blocks.map((block) => block.trimStart()).filter((block) => block !== "");
      assert.deepEqual(shown(pieces), shown(whole), `in steps of ${step}`);
    }
  });

  it("tell of a block of code that is open", () => {
    const text = "See:\n```ts title\nlet a;\nlet b";
    const { stable, fence } = finishedBlocks(text, 0, false);
    assert.equal(text.slice(stable), "```ts title\nlet a;\nlet b");
    assert.deepEqual(fence, { start: text.indexOf("let a"), language: "ts" });
    assert.equal(finishedBlocks(`${text}\n\`\`\`\n`, 0, false).fence, undefined);
  });

  it("cut a paragraph that has no end", () => {
    const text = "word ".repeat(3000);
    const { stable } = finishedBlocks(text, 0, false);
    assert.ok(text.length - stable < 100);
    assert.ok(finishedBlocks("x".repeat(9000), 0, false).stable > 8000);
  });
});

describe("blocks of Markdown in Markdown", () => {
  for (const [text, long] of [
    ["```md\n# A\n```js\na\n```\nmore\n```\nb", "````md\n# A\n```js\na\n```\nmore\n````\nb"],
    ["```markdown\n```js\na\n```\n```", "````markdown\n```js\na\n```\n````"],
    ["```md\n```js\na", "````md\n```js\na"],
    ["```ts\na\n```\n\n```md\nb\n```", "```ts\na\n```\n\n```md\nb\n```"],
    ["```ts\nx = `\n```js\n```\n", "```ts\nx = `\n```js\n```\n"],
    ["~~~md\n```js\na\n```\n~~~", "~~~md\n```js\na\n```\n~~~"],
  ] as const) {
    it(`of ${JSON.stringify(text)} get fences that any reader understands`, () =>
      assert.equal(withLongFences(text), long));
  }
});

describe("hidden characters", () => {
  for (const [text, shown] of [
    ["plain text, ümläut, 漢字, 👍🏽, tab\tand\nline", "plain text, ümläut, 漢字, 👍🏽, tab\tand\nline"],
    ["a\u202eb", "a⟨U+202E⟩b"],
    ["\u2066x\u2069", "⟨U+2066⟩x⟨U+2069⟩"],
    ["zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"],
    ["\u{e0041}", "⟨U+E0041⟩"],
    ["\u0000\u001b[31m", "⟨U+0000⟩⟨U+001B⟩[31m"],
    ["\u2028", "⟨U+2028⟩"],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(visible(text), shown));
  }
});

describe("what is being typed", () => {
  for (const [text, cursor, mention] of [
    ["/", 1, { trigger: "/", query: "", start: 0 }],
    ["/ex", 3, { trigger: "/", query: "ex", start: 0 }],
    ["/ex please", 10, undefined],
    ["see /ex", 7, undefined],
    ["@", 1, { trigger: "@", query: "", start: 0 }],
    ["look at @src/ca", 15, { trigger: "@", query: "src/ca", start: 8 }],
    ["look at @src and", 16, undefined],
    ["mail me@home", 12, undefined],
    ["@a b", 2, { trigger: "@", query: "a", start: 0 }],
    ["a\n@b", 4, { trigger: "@", query: "b", start: 2 }],
  ] as const) {
    it(`in ${JSON.stringify(text)} at ${cursor}`, () => assert.deepEqual(mentionAt(text, cursor), mention));
  }
});
