// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the documents are code.
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

  const visible: [languageId: string, document: string, names: string][] = [
    ["typescript", "const run = async (a) => {\n  b();\n};\n\nvoid ^", "run"],
    ["typescript", "export const { first, second: third } = use(() => {\n  return 1;\n});\nuse(^", "first third"],
    ["typescript", "function a() {\n  return ^\n}\nexport const late = async (q) => {\n  return q;\n};\n", "late"],
    ["typescript", "const done = rows.filter((row) => {\n  return row;\n});\nif (^", "done"],
    ["typescript", "for (const [key] of entries(map)) {\n  a();\n}\n^", "map"],
    ["typescript", "rows.reduce(total, (row) => {\n  a();\n});\n^", "total"],
    ["typescript", "function a() {\n  if (b) {\n    var hoisted = 1;\n  }\n  return ^\n}", "hoisted"],
    ["python", "def a():\n    global counter\n    counter = 1\n\n\ndef b():\n    return ^", "counter"],
    ["go", "func a() (Book, error) {\n\treturn nil\n}\n\nfunc b() {\n\treturn ^", "Book error"],
    ["go", "func a() {\n\tswitch msg := m.(type) {\n\tcase A:\n\t\treturn ^\n\t}\n}", "msg"],
    ["go", "func a() {\n\tif x, ok := m[k]; !ok {\n\t} else if y := x; y {\n\t\t^\n\t}\n}", "x ok y"],
    ["go", "func a() {\n\thandler := func(id int) error {\n\t\treturn nil\n\t}\n\thandler(^", "handler"],
    ["go", 'func a() {\n\tfor _, text := range []string{\n\t\t"a",\n\t} {\n\t\tuse(^', "text"],
    ["typescript", "class A {\n  a() {\n    const b = `\n${^}`;\n  }\n  #c(d) {\n    const e = 1;\n  }\n}", "e"],
  ];
  for (const [languageId, document, names] of visible) {
    for (const name of names.split(" ")) {
      it(`is in scope where a header declares it for what is around: ${name} in ${JSON.stringify(document)}`, () => {
        assert.equal(isDeclaredElsewhere(name, contextAt(document, languageId)), false);
      });
    }
  }

  it("is out of scope outside the function that a variable holds, the branch and the loop", () => {
    const hidden: [languageId: string, document: string, name: string][] = [
      ["typescript", "const run = async (a: string) => {\n  b();\n};\n\nvoid ^", "a"],
      ["typescript", "if (a) {\n  const inner = 1;\n} else {\n  ^\n}", "inner"],
      ["go", "func a() {\n\tselect {\n\tcase v := <-b:\n\t\treturn v\n\tcase x := <-c:\n\t\t^\n\t}\n}", "v"],
      ["go", "func a() {\n\thandler := func(id int) error {\n\t\treturn nil\n\t}\n\thandler(^", "id"],
      ["go", "func a() {\n\tif b {\n\t\tinner := 1\n\t} else {\n\t\t^\n\t}\n}", "inner"],
    ];
    for (const [languageId, document, name] of hidden) {
      assert.equal(isDeclaredElsewhere(name, contextAt(document, languageId)), true, `${name} in ${document}`);
    }
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
