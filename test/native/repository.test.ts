/** The index of a workspace in the real engine process, with the built-in model. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { documentClosed, documentOpened } from "../../engine/protocol/documents.ts";
import {
  type RepositoryFilesChange,
  type RepositoryStatus,
  readingRulesChanged,
  repositoryFilesChanged,
  repositoryStatus,
} from "../../engine/protocol/repository.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { Harness, poll } from "./harness.ts";

describe("the repository in the engine process", () => {
  const folder = temporaryFolder();
  let harness: Harness;
  const uriOf = (name: string) => pathToFileURL(folder.path(`work/${name}`)).href;
  const BEFORE = 'import { openLedger } from "./ledger";\n\nconst book = openLedger(';

  before(async function () {
    this.timeout(60_000);
    mkdirSync(folder.path("work/src"), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const text = `const b${i} = openLedger("accounts.db", { readOnly: true });\n`;
      writeFileSync(folder.path(`work/src/f${i}.ts`), text);
    }
    writeFileSync(folder.path("secret.ts"), 'openLedger("secret.db");\n'.repeat(50));
    symlinkSync(folder.path("secret.ts"), folder.path("work/src/link.ts"));
    harness = new Harness(folder.path("storage"), "");
    harness.client.start();
    await harness.until("ready");
    const document = {
      uri: uriOf("src/new.ts"),
      path: "src/new.ts",
      languageId: "typescript",
      version: 1,
      text: BEFORE,
    };
    harness.client.notify(documentOpened, document);
  });

  after(() => harness.client.stop());

  const tell = async (change: Partial<RepositoryFilesChange>): Promise<RepositoryStatus> => {
    harness.client.notify(repositoryFilesChanged, { reset: false, changed: [], removed: [], ...change });
    const end = performance.now() + 15_000;
    for (;;) {
      const status = await harness.client.request(repositoryStatus);
      if (status.waiting === 0) return status;
      assert.ok(performance.now() < end, `${status.waiting} files still wait to be read`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const said = async () => {
    const place = { uri: uriOf("src/new.ts"), version: 1, offset: BEFORE.length, trigger: "manual" } as const;
    const result = await harness.complete(place);
    return result.kind === "shown" ? result.text : "";
  };

  it("lets a suggestion go on as other files do that nobody has opened", async () => {
    assert.doesNotMatch(await said(), /accounts/);
    const { files } = await tell({ changed: Array.from({ length: 6 }, (_, i) => uriOf(`src/f${i}.ts`)) });
    assert.ok(files > 0);
    await poll(() => (harness.lines.join("\n").includes("could not be indexed") ? undefined : true));
    assert.match(await said(), /^"accounts\.db"/);
  });

  it("lets what the document itself says outweigh other files", async () => {
    const names = ["alerts[0]", "album.title", "alias", "align()", "allow(1)", "alarm.off()", "alpha + 1", "also"];
    const paths = names.map((_, i) => `src/al${i}.ts`);
    for (const [i, name] of names.entries()) {
      writeFileSync(folder.path(`work/${paths[i]}`), `const value${i} = ${name};\nlet other${i} = ${name};\n`);
    }
    await tell({ changed: paths.map(uriOf) });
    const text = "const first = alphabet.soup.kitchen;\nconst second = alphabet.soup.kitchen;\nconst third = al";
    const uri = uriOf("src/own.ts");
    harness.client.notify(documentOpened, { uri, path: "src/own.ts", languageId: "typescript", version: 1, text });
    const result = await harness.complete({ uri, version: 1, offset: text.length, trigger: "manual" });
    await tell({ removed: paths.map(uriOf) });
    assert.equal(result.kind === "shown" ? result.text : result.reason, "phabet.soup.kitchen;");
  });

  it("follows no link out of the workspace", async () => {
    const { files, leftOut } = await tell({ changed: [uriOf("src/link.ts")] });
    assert.equal(files, 6);
    assert.deepEqual(leftOut, []);
    assert.doesNotMatch(await said(), /secret/);
  });

  it("follows no linked folder out of the workspace, though a file in it is named", async () => {
    mkdirSync(folder.path("outside"), { recursive: true });
    writeFileSync(folder.path("outside/secret.ts"), 'openLedger("secret.db");\n'.repeat(50));
    symlinkSync(folder.path("outside"), folder.path("work/linked"));
    const folders = [folder.path("work")];
    const uris = [uriOf("linked/secret.ts"), pathToFileURL(folder.path("outside/secret.ts")).href];
    const { files } = await tell({ folders, changed: uris });
    assert.equal(files, 6);
    assert.doesNotMatch(await said(), /secret/);
  });

  it("forgets files that are gone, or may no longer be read", async () => {
    unlinkSync(join(folder.path("work/src"), "f0.ts"));
    const gone = await tell({ changed: [uriOf("src/f0.ts")] });
    assert.equal(gone.files, 5);
    const none = await tell({ reset: true });
    assert.equal(none.files, 0);
    assert.doesNotMatch(await said(), /accounts/);
  });

  it("takes no more memory when a file is saved again and again", async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => `export const name${i} = other${i} + ${i};\n`);
    writeFileSync(folder.path("work/src/long.ts"), lines.join(""));
    const change = { changed: [uriOf("src/long.ts")] };
    const first = await tell(change);
    let last = first;
    for (let save = 0; save < 20; save++) last = await tell(change);
    assert.equal(last.files, first.files);
    assert.ok(last.indexBytes < 3 * first.indexBytes, `${first.indexBytes} bytes became ${last.indexBytes}`);
    await tell({ removed: change.changed });
  });

  it("says nothing of files from the moment that the rules for reading have changed", async () => {
    const { files } = await tell({ changed: [1, 2, 3, 4, 5].map((i) => uriOf(`src/f${i}.ts`)) });
    assert.equal(files, 5);
    assert.match(await said(), /accounts/);
    harness.client.notify(readingRulesChanged);
    assert.doesNotMatch(await said(), /accounts/);
    assert.equal((await harness.client.request(repositoryStatus)).files, 0);
  });

  it("lets a suggestion go on as an installed package does that the document imports, while it is open", async () => {
    const pack = (name: string, declaration: string) => {
      const packed = folder.path(`work/node_modules/${name}`);
      mkdirSync(packed, { recursive: true });
      writeFileSync(join(packed, "package.json"), JSON.stringify({ types: "index.d.ts" }));
      writeFileSync(
        join(packed, "index.d.ts"),
        Array.from({ length: 6 }, (_, i) => `${declaration}${i}");\n`).join(""),
      );
    };
    pack("ledger", 'export const book = openLedger("packaged.db", "');
    pack("other", 'export const other = close("');
    const text = `import { openLedger } from "ledger";\nimport { other } from "other";\n${BEFORE}`;
    const document = { uri: uriOf("src/new.ts"), path: "src/new.ts", languageId: "typescript", version: 2, text };
    harness.client.notify(documentOpened, document);
    const saidAt = async () => {
      const result = await harness.complete({ uri: document.uri, version: 2, offset: text.length, trigger: "manual" });
      return result.kind === "shown" ? result.text : "";
    };
    const inIndex = async (packages: number) => {
      const end = performance.now() + 30_000;
      for (;;) {
        const status = await harness.client.request(repositoryStatus);
        if (status.dependencies?.packages === packages) return status;
        assert.ok(performance.now() < end, JSON.stringify(status));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const change = { reset: true, folders: [folder.path("work")], changed: [uriOf("src/f1.ts")] };
    await tell({ ...change, packages: { exclude: ["**/node_modules/ledger/*.d.ts"] } });
    await inIndex(1);
    assert.doesNotMatch(await saidAt(), /packaged/);
    await tell({ ...change, packages: { exclude: [] } });
    const { files, dependencies } = await inIndex(2);
    assert.deepEqual([files, dependencies?.files], [1, 2]);
    assert.match(await saidAt(), /packaged/);
    harness.client.notify(documentClosed, { uri: document.uri });
    await inIndex(0);
  }).timeout(120_000);
});
