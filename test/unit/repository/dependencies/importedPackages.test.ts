import assert from "node:assert/strict";
import { importedPackages } from "../../../../engine/repository/dependencies/importedPackages.ts";

describe("the packages that a file imports", () => {
  const cases: [languageId: string, text: string, found: string[]][] = [
    [
      "typescript",
      'import React, { useState } from "react";\nimport type { A } from "@scope/pkg/sub/a";\n',
      ["react", "@scope/pkg sub/a"],
    ],
    ["typescriptreact", "import 'side-effect';\nexport * from 'other';\n", ["side-effect", "other"]],
    ["javascript", 'const { a } = require("left-pad");\nconst b = await import("lazy");\n', ["left-pad", "lazy"]],
    [
      "typescript",
      'import x from "./own";\nimport y from "../../up";\nimport z from "/abs";\nimport fs from "node:fs";\n',
      [],
    ],
    ["typescript", 'import {\n  many,\n  names,\n} from "pkg";\n', ["pkg"]],
    ["typescript", 'import x from "pkg/../../etc/passwd";\nimport y from "..";\n', []],
    [
      "python",
      "import os, numpy as np\nfrom django.db.models import Q\nfrom . import own\nfrom .own import b\n",
      ["os", "numpy", "django db/models"],
    ],
    [
      "go",
      'import (\n\t"fmt"\n\tx "github.com/a/b/c"\n)\nimport "golang.org/x/sys/unix"\n',
      ["github.com/a/b/c", "golang.org/x/sys/unix"],
    ],
    ["go", 'import "github.com/../../etc/x"\n', []],
    [
      "rust",
      "use serde::Deserialize;\nuse std::io;\nuse crate::own;\npub use tokio_util as t;\nextern crate rand;\n",
      ["serde", "tokio_util", "rand"],
    ],
    ["plaintext", 'import x from "react";\n', []],
  ];
  for (const [languageId, text, expected] of cases) {
    it(`${languageId}: ${JSON.stringify(text)}`, () => {
      const found = importedPackages(text, languageId);
      assert.deepEqual(
        found.map(({ name, subpath }) => (subpath === "" ? name : `${name} ${subpath}`)),
        expected,
      );
    });
  }

  it("are each named once", () => {
    assert.equal(importedPackages('import a from "x";\nimport b from "x";\n', "typescript").length, 1);
  });
});
