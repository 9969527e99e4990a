import assert from "node:assert/strict";
import { isDeclaredElsewhere } from "../../../engine/completion/blockScope.ts";
import { contextAt } from "../support/marked.ts";

const TS = `import { other } from "./a";
const {
  wide,
} = options;

class Shelf {
  size = 3;
  remove(bookId: string, count = 1): void {
    const shelf = this.find(bookId);
    for (const row of shelf.rows) {
      row.drop(count, globalThing);
    }
  }

  get(key: string): Book {
    ^
  }

  find(
    late: string,
  ): Book {
    const inner = late;
    return helper(inner);
  }
}

function helper(value: number) {
  return value;
}
`;

const PYTHON = `from a import (
    other,
)

if wide:
    flag = 1


def read_books(path, newline=""):
    with path.open() as handle:
        rows = list(handle)
    return rows


class Shelf:
    def write(self, target):
        text = """
A query that begins at the margin
"""
        ^

    def close(self, last):
        done = last


def helper(value):
    return value
`;

const GO = `package a

import "fmt"

var limit = 3

func (s *Store) Put(id string, book Book) error {
	if err := check(id); err != nil {
		return err
	}
	count, found := s.books[id]
	return nil
}

func (s *Store) Delete(key string) error {
	^
}

func helper(value int) int {
	return value
}
`;

/** Names that are declared only where the cursor is not, and names that are visible, or of which nothing is known. */
const CASES: [languageId: string, document: string, hidden: string, visible: string][] = [
  [
    "typescript",
    TS,
    "bookId count shelf row inner value",
    "other wide size key helper globalThing nowhere options late",
  ],
  ["python", PYTHON, "path newline handle rows last done value", "other wide flag target text helper self nowhere"],
  ["go", GO, "id book err count found value", "limit key helper s fmt nowhere Book"],
  ["klingon", TS, "", "bookId value"],
];

describe("a name that is declared in blocks which the cursor is not in", () => {
  for (const [languageId, document, hidden, visible] of CASES) {
    const context = contextAt(document, languageId);
    for (const name of hidden.split(" ").filter(Boolean)) {
      it(`is out of scope in ${languageId}: ${name}`, () => assert.equal(isDeclaredElsewhere(name, context), true));
    }
    for (const name of visible.split(" ")) {
      it(`is not in ${languageId}: ${name}`, () => assert.equal(isDeclaredElsewhere(name, context), false));
    }
  }

  it("is in scope in its own block, and on its own line", () => {
    assert.equal(isDeclaredElsewhere("value", contextAt("function f(value: number) {\n  return ^\n}\n")), false);
    assert.equal(isDeclaredElsewhere("value", contextAt("function f(value: number) { return ^ }\n")), false);
    assert.equal(isDeclaredElsewhere("value", contextAt("def f(value):\n    return ^\n", "python")), false);
    assert.equal(isDeclaredElsewhere("row", contextAt("for (const row of rows) {\n^\n}\n")), false);
    assert.equal(
      isDeclaredElsewhere("err", contextAt("func a() {\n\tif err := b(); err != nil {\n\t\treturn ^\n\t}\n}\n", "go")),
      false,
    );
  });

  it("is out of scope behind its block", () => {
    assert.equal(isDeclaredElsewhere("row", contextAt("for (const row of rows) {\n  go(row);\n}\nuse(^\n")), true);
    assert.equal(isDeclaredElsewhere("row", contextAt("for row in rows:\n    go(row)\nuse(^\n", "python")), false);
  });

  it("is looked for in what follows the cursor now", () => {
    const context = contextAt("const row = 1;\nif (a) {\n  const value = 2;\n}\nuse(^\n");
    assert.equal(isDeclaredElsewhere("value", context), true);
    assert.equal(isDeclaredElsewhere("value", { ...context, restOfLine: "value)" }), false);
  });

  it("is found between thousands of members on one line", () => {
    const prefix = `function f(value) {\n  ${"a.value;".repeat(60_000)}\n}\nuse(`;
    const context = { ...contextAt("^"), prefix };
    assert.equal(isDeclaredElsewhere("value", context), true);
  });
});
