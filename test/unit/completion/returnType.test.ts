// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the suggestions are code.
import { returnType } from "../../../engine/completion/filters/returnType.ts";
import { table } from "../support/filterTable.ts";

const REQUEST = "async function request<T>(path: string): Promise<T> {\n  return path;\n}\n";
const METHODS = `class Cart {
  tax(): number {
    return 1;
  }
  name(): string {
    return "";
  }
  empty(): boolean {
    return ^
  }
}
`;

table("a value that contradicts what is declared", returnType, [
  ["f(): boolean { return ^ }", "this.rows.length", "<wrong-type>"],
  ["f(): boolean { return ^ }", "this.rows.length === 0", "f(): boolean { return this.rows.length === 0 }"],
  ["f(): number {\n  return ^\n}", '"a" + b;', 'f(): number {\n  return "a" + b;\n}'],
  ["f(): number {\n  return ^\n}", '"a";', "<wrong-type>"],
  ["f(): number {\n  return ^\n}", "`a ${b}`;", "<wrong-type>"],
  ["f(): number {\n  if (a) {\n    return ^\n  }\n}", "[1, 2];", "<wrong-type>"],
  ["f(): number {\n  return ^\n}", "a ? 'b' : 1;", "f(): number {\n  return a ? 'b' : 1;\n}"],
  [
    "f(): number {\n  return ^\n}",
    "rows.map((row) => row.name).length;",
    "f(): number {\n  return rows.map((row) => row.name).length;\n}",
  ],
  ["f(): number {\n  return rows.map(^)\n}", "(row) => 'a'", "f(): number {\n  return rows.map((row) => 'a')\n}"],
  [
    "f(): number {\n  rows.map((row) => {\n    return ^\n  });\n}",
    "'a';",
    "f(): number {\n  rows.map((row) => {\n    return 'a';\n  });\n}",
  ],
  ["f(): string | undefined {\n  return ^\n}", "1;", "f(): string | undefined {\n  return 1;\n}"],
  ["f() {\n  return ^\n}", "1;", "f() {\n  return 1;\n}"],
  ["async f(): Promise<boolean> {\n  return ^\n}", "'a';", "<wrong-type>"],
  ["f(): void {\n  return ^\n}", "this.rows.length;", "<wrong-type>"],
  ["f(): void {\n  return ^\n}", "this.rows.clear();", "f(): void {\n  return this.rows.clear();\n}"],
  ["f(\n  a: string,\n): number {\n  return ^\n}", "true;", "<wrong-type>"],
  ["f(): number {\n  ^\n}", "return true;", "<wrong-type>"],
  [`${REQUEST}f(): Promise<void> {\n  return ^\n}`, "request<Book>(`/a/${id}`);", "<wrong-type>"],
  [`${REQUEST}f(): Promise<Book[]> {\n  return ^\n}`, "request<Book>('/a');", "<wrong-type>"],
  [
    `${REQUEST}f(): Promise<Book> {\n  return ^\n}`,
    "request<Book>('/a');",
    `${REQUEST}f(): Promise<Book> {\n  return request<Book>('/a');\n}`,
  ],
  [
    `${REQUEST}f(): Promise<Pet> {\n  return ^\n}`,
    "request<Dog>('/a');",
    `${REQUEST}f(): Promise<Pet> {\n  return request<Dog>('/a');\n}`,
  ],
  [METHODS, "this.tax();", "<wrong-type>"],
  [METHODS, "this.tax() === 0;", METHODS.replace("^", "this.tax() === 0;")],
]);

table(
  "a value that contradicts what is declared, in Python",
  returnType,
  [
    ["def f(a) -> bool:\n    return ^\n", "len(a)", "<wrong-type>"],
    ["def f(a) -> bool:\n    if a:\n        return ^\n", "'a'", "<wrong-type>"],
    ["def f(a) -> bool:\n    return ^\n", "len(a) == 0", "def f(a) -> bool:\n    return len(a) == 0\n"],
    ["def f(a) -> float:\n    return ^\n", "1", "def f(a) -> float:\n    return 1\n"],
    ["def f(a):\n    return ^\n", "1", "def f(a):\n    return 1\n"],
    ["def f(a) -> int:\n    return ^\n", "a == 1", "<wrong-type>"],
    [
      "def f(a) -> int:\n    return ^\n",
      "len(a) if a == b else 0",
      "def f(a) -> int:\n    return len(a) if a == b else 0\n",
    ],
    ["def f(a) -> str:\n    return ^\n", "text % a", "def f(a) -> str:\n    return text % a\n"],
    ["def f(a) -> list[int]:\n    return ^\n", "[0] * a", "def f(a) -> list[int]:\n    return [0] * a\n"],
    ["def f(a) -> str:\n    return ^\n", "a / 2", "<wrong-type>"],
  ],
  "python",
);

table(
  "other than so many values as are declared, in Go",
  returnType,
  [
    ["func (s *Store) Delete(id string) error {\n\treturn ^\n}", "Book{}, ErrNotFound", "<wrong-type>"],
    ["func (s *Store) Get(id string) (Book, error) {\n\treturn ^\n}", "nil", "<wrong-type>"],
    [
      "func (s *Store) Get(id string) (Book, error) {\n\treturn ^\n}",
      "s.get(id)",
      "func (s *Store) Get(id string) (Book, error) {\n\treturn s.get(id)\n}",
    ],
    [
      "func (s *Store) Get(id string) (book Book, err error) {\n\treturn ^\n}",
      "a, b",
      "func (s *Store) Get(id string) (book Book, err error) {\n\treturn a, b\n}",
    ],
    ["func get(f func(a, b int) (int, error)) error {\n\treturn ^\n}", "nil, nil", "<wrong-type>"],
    [
      "func get[T any](f T) map[string]T {\n\treturn ^\n}",
      "nil",
      "func get[T any](f T) map[string]T {\n\treturn nil\n}",
    ],
    ["func get() {\n\treturn ^\n}", "nil", "<wrong-type>"],
    ["func get() error {\n\tgo func() (int, error) {\n\t\treturn ^\n\t}()\n}", "1", "<wrong-type>"],
    [
      "func get() error {\n\tif a {\n\t\treturn ^\n\t}\n}",
      "f(a, b)",
      "func get() error {\n\tif a {\n\t\treturn f(a, b)\n\t}\n}",
    ],
  ],
  "go",
);
