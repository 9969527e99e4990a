import assert from "node:assert/strict";
import { importedNames } from "../../../extension/repository/importedNames.ts";

const CASES: [languageId: string, text: string, names: string[]][] = [
  ["typescript", 'import { formatPrice, type Item as Thing } from "./format";\n', ["formatPrice", "Item", "Thing"]],
  ["typescript", "import Cart from '../cart';\nimport * as all from './all';", ["Cart", "all"]],
  ["typescript", 'import type { A } from "./a.ts";', ["A"]],
  ["typescript", 'import {\n  one,\n  two,\n} from "./numbers";', ["one", "two"]],
  ["typescript", 'import fs from "node:fs";\nimport "./style.css";\nimport { x } from "react";', []],
  ["python", "from .stock import Stock, find as look\nimport os\n", ["Stock", "find", "look"]],
  ["python", "from shop import (\n    Cart,\n    Item,\n)\n", ["Cart", "Item"]],
  ["rust", "use crate::a;", []],
];

describe("the names that a file imports from its own project", () => {
  for (const [languageId, text, names] of CASES) {
    it(JSON.stringify(text), () => {
      const found = importedNames(text, languageId);
      assert.deepEqual(
        found.map(({ name }) => name),
        names,
      );
      for (const { name, offset } of found) assert.ok(text.startsWith(name, offset));
    });
  }
});
