import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../root.ts";

/** Folders of the repository, other than those that builds and tools make. */
const FOLDERS = [".github", "bench", "docs", "engine", "extension", "media", "models", "native", "scripts", "test"]
  .concat("training", "webview")
  .filter((folder) => existsSync(path.join(root, folder)));

/** Every file and folder, with a slash in front, so that the end of a path can be looked for. Folders end in one. */
const PATHS = FOLDERS.flatMap((folder) => [`/${folder}/`, ...below(folder)]).concat(
  readdirSync(root).map((name) => `/${name}`),
);

/** Folders that appear only when something is built or run. */
const MADE = /^(artifacts|build|dist|prebuilds|\.cache)\//;

/** Documents that are written by hand. What measurements were made with may be gone, so their pages name less strictly. */
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/editors.md"];

function below(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [`/${name}`];
    return /node_modules|__pycache__|^\./.test(entry.name) ? [] : [`/${name}/`, ...below(name)];
  });
}

/** What a document names in backticks and that looks like a file or a folder of the repository. */
function namedFiles(document: string): string[] {
  const text = readFileSync(path.join(root, document), "utf8");
  const names = [...text.matchAll(/`(\.?[\w@-][\w@./-]*)(?::\d+)*`/g)].map(([, name = ""]) => name);
  const isFile = (name: string) => /\w\.(ts|mjs|cc|h|inc|py|css|md|txt|json|gguf|svg|png)$/.test(name);
  const isOfRepository = (name: string) => name.endsWith("/") || FOLDERS.includes(name.split("/")[0] ?? "");
  return [...new Set(names.filter((name) => isFile(name) || (name.includes("/") && isOfRepository(name))))].filter(
    (name) => !MADE.test(name),
  );
}

function linkedFiles(document: string): string[] {
  const text = readFileSync(path.join(root, document), "utf8");
  return [...text.matchAll(/\]\(((?!https?:|#|mailto:)[^)\s]+)\)/g)].map(([, target = ""]) =>
    path.join(root, path.dirname(document), target.replace(/#.*$/, "")),
  );
}

describe("the documents", () => {
  for (const document of DOCUMENTS) {
    it(`name files that exist: ${document}`, () => {
      const exists = (name: string) => PATHS.some((file) => file.endsWith(`/${name}`) || file.endsWith(`/${name}/`));
      assert.deepEqual(
        namedFiles(document).filter((name) => !exists(name)),
        [],
      );
    });
  }

  it("have the recipes with many names of files", () => {
    assert.ok(namedFiles("docs/architecture.md").length >= 60);
  });

  const all = [...DOCUMENTS, "training/README.md", "models/MODEL_CARD.md"].concat(
    below("docs/measurements")
      .filter((file) => file.endsWith(".md"))
      .map((file) => file.slice(1)),
  );
  for (const document of all) {
    it(`have links to files that exist: ${document}`, () => {
      assert.deepEqual(
        linkedFiles(document).filter((file) => !existsSync(file)),
        [],
      );
    });
  }
});
