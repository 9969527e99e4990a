/** Places of a small project at which wrong suggestions were seen: the built-in model's answers have none of these faults. */
import assert from "node:assert/strict";
import { withBuiltinSuggestions } from "./builtinSuggestions.ts";

const CART = `import { Book } from "./book";

const VAT_RATE = 0.07;

export interface Line {
  book: Book;
  quantity: number;
}

export class Cart {
  lines: Line[] = [];

  add(book: Book, quantity = 1): void {
    this.lines.push({ book, quantity });
  }

  remove(bookId: string): void {
    this.lines = this.lines.filter((line) => line.book.id !== bookId);
  }

  subtotalCents(): number {
    return this.lines.reduce((sum, line) => sum + line.book.cents * line.quantity, 0);
  }

  taxCents(): number {
    return Math.round(this.subtotalCents() * VAT_RATE);
  }

METHOD
}
`;

const API = `import type { Book } from "./book";

async function request<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  if (!response.ok) throw new Error(response.statusText);
  return (await response.json()) as T;
}

export function getBook(id: string): Promise<Book> {
  return request<Book>(\`/books/\${id}\`);
}

export function listBooks(): Promise<Book[]> {
  return request<Book[]>("/books");
}

export function deleteBook(id: string): Promise<void> {
  return ^
}
`;

const SHELF = `import csv
from pathlib import Path


def read_books(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_books(path: Path, books: list[dict[str, str]]) -> None:
    with path.open(^)
`;

const STORE = `package shelf

import (
	"errors"
	"sync"
)

var ErrNotFound = errors.New("not found")

type Book struct {
	ID    string
	Title string
}

type Store struct {
	mu    sync.RWMutex
	books map[string]Book
}

func (s *Store) Get(id string) (Book, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	book, ok := s.books[id]
	if !ok {
		return Book{}, ErrNotFound
	}
	return book, nil
}

METHOD
`;

const BIG = "export function area(width: number, height: number): number {\n  return width * height + 1;\n}\n";

const method = (document: string, lines: string) => document.replace("METHOD", lines);

/** What must not be shown. */
const CASES: { name: string; path: string; document: string; wrong: RegExp; beside?: string; byHand?: boolean }[] = [
  {
    name: "the neighbour's body under another name",
    path: "src/cart.ts",
    document: method(CART, "  totalCents(): number {\n    return ^\n  }"),
    wrong: /^Math\.round\(this\.subtotalCents\(\) \* VAT_RATE\)/,
  },
  {
    name: "a name of another method",
    path: "src/cart.ts",
    document: method(CART, "  isEmpty(): boolean {\n    return this.lines.^\n  }"),
    wrong: /bookId|\bbook\b|^delete/,
  },
  {
    name: "a value of another type than is declared",
    path: "src/api.ts",
    document: API,
    wrong: /^request<Book|^getBook|^listBooks/,
  },
  {
    name: "the reader's call where something is written",
    path: "shelf.py",
    document: SHELF,
    wrong: /^newline="", encoding="utf-8"\) as file:/,
  },
  {
    name: "more values than are declared",
    path: "store.go",
    document: method(STORE, "func (s *Store) Delete(id string) error {\n\treturn ^\n}"),
    wrong: /^(?:Book\{\}|book), /,
  },
  {
    name: "another tab's names",
    path: "src/half.ts",
    document: "export function half(cents: number): number {\n  return ^\n}\n",
    beside: BIG,
    wrong: /width|height/,
  },
  {
    name: "a statement inside brackets",
    path: "src/order.ts",
    document:
      "export function ok(quantity: number): boolean {\n  const limit = 0.07;\n  if (q^) {\n  }\n  return false;\n}\n",
    wrong: /;/,
    byHand: true,
  },
  {
    name: "a doubled semicolon",
    path: "src/order.ts",
    document: "export function tax(cents: number): number {\n  const rate = 0.07;\n  return M^;\n}\n",
    wrong: /;$/,
  },
];

describe("places where wrong suggestions were seen", function () {
  this.timeout(60_000);
  const suggest = withBuiltinSuggestions();

  for (const { name, path, document, wrong, beside, byHand = false } of CASES) {
    it(`do not show ${name} in ${path}`, async () => {
      const result = await suggest({ path, text: document.replace("^", "") }, document.indexOf("^"), {
        trigger: byHand ? "manual" : "automatic",
        beside: beside === undefined ? undefined : { path: "src/big.ts", text: beside },
      });
      assert.ok(result.kind === "shown" || result.reason !== "failed");
      assert.doesNotMatch(result.kind === "shown" ? result.text : "", wrong);
    });
  }
});
