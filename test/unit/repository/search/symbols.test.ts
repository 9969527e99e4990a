import assert from "node:assert/strict";
import { symbolChunks } from "../../../../engine/repository/search/symbolChunks.ts";
import { nameDeclared } from "../../../../engine/repository/search/symbols.ts";

describe("the names that files declare", () => {
  const lines: [line: string, name: string | undefined][] = [
    ["export async function openLedger(path: string) {", "openLedger"],
    ["export default class Cart extends Base {", "Cart"],
    ["export const MAX_ITEMS = 3;", "MAX_ITEMS"],
    ["  private async add(item: Item, count = 1): Promise<void> {", "add"],
    ["  get total(): number {", "total"],
    ["    def parse_query(self, text):", "parse_query"],
    ["class Parser(Base):", "Parser"],
    ["DEFAULT_LIMIT = 10", "DEFAULT_LIMIT"],
    ["func (c *Cart) Add(item Item) error {", "Add"],
    ["type Cart struct {", "Cart"],
    ["pub(crate) fn resolve<'a>(path: &'a Path) -> Option<&'a Path> {", "resolve"],
    ["impl<T: Clone> Iterator for Walk<T> {", "Walk"],
    ["macro_rules! vec_of {", "vec_of"],
    ["public static final class Builder<T> {", "Builder"],
    ["  public Response execute(Request request) throws IOException {", "execute"],
    ["fun String.toMediaType(): MediaType {", "toMediaType"],
    ["static int read_block(struct file *f,", "read_block"],
    ["void Cart::add(int count) {", "add"],
    ["#define MAX_DEPTH 20", "MAX_DEPTH"],
    ["module Billing", "Billing"],
    ["if (isOpen(path)) {", undefined],
    ["  } else if (x) {", undefined],
    ["  return build(x, () => {", undefined],
    ["  describe('a cart', () => {", undefined],
    ["// function old() {", undefined],
    ["  cart.add(item);", undefined],
    ["for (const x of all(y)) {", undefined],
    ["", undefined],
  ];
  for (const [line, name] of lines) {
    it(`${JSON.stringify(line)}: ${name ?? "none"}`, () => assert.equal(nameDeclared(line), name));
  }
});

describe("the pieces of a file", () => {
  const body = (count: number) => Array.from({ length: count }, (_, i) => `  step${i}();`);

  it("follow its declarations, with the comments above them", () => {
    const text = [
      'import x from "x";',
      "",
      "/** Adds. */",
      "function add() {",
      ...body(20),
      "}",
      "",
      "// Removes.",
      "@logged",
      "function remove() {",
      ...body(20),
      "}",
    ];
    const chunks = symbolChunks(text);
    assert.deepEqual(
      chunks.map(({ start, names }) => [text[start], names]),
      [
        ['import x from "x";', ["add"]],
        ["// Removes.", ["remove"]],
      ],
    );
  });

  it("are joined when they are short and split when they are long, and no line is in two", () => {
    const text = [
      ...Array.from({ length: 5 }, (_, i) => `const SHORT_${i} = ${i};`),
      "function long() {",
      ...body(40),
      "",
      ...body(70),
      "}",
      "",
      "",
    ];
    const chunks = symbolChunks(text);
    assert.ok(chunks.every(({ start, end }) => end > start && end - start <= 60));
    const covered = chunks.flatMap(({ start, end }) => text.slice(start, end));
    assert.deepEqual(
      covered.filter((line) => line !== ""),
      text.filter((line) => line !== ""),
    );
    assert.ok(chunks.length >= 3);
  });

  it("of an empty file are none", () => {
    assert.deepEqual(symbolChunks([""]), []);
    assert.deepEqual(symbolChunks([]), []);
  });
});
