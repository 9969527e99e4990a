import assert from "node:assert/strict";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { RepositoryIndex, type RepositoryIndexDependencies } from "../../../engine/repository/repositoryIndex.ts";
import { WordFiles } from "../../../engine/repository/wordFiles.ts";
import { temporaryFolder } from "../models/folder.ts";
import { FakeNgramIndex } from "../support/fakeModel.ts";

/** Files on a disk that the test holds; what is read of it is counted. */
class Disk {
  readonly read: string[] = [];
  readonly files: Record<string, string>;
  modified = 0;
  /** Paths that are links or folders. */
  readonly others = new Set<string>();

  constructor(files: Record<string, string>) {
    this.files = files;
  }

  /** @param onRead called when a file has been read. */
  words(onRead: (path: string) => void = () => {}): WordFiles {
    const words = new WordFiles({
      stat: async (path) => {
        const text = this.files[path];
        if (text === undefined) throw new Error("ENOENT");
        return this.others.has(path) ? undefined : { bytes: text.length, modified: this.modified };
      },
      read: async (path) => {
        this.read.push(path);
        if (path === "/w/b.ts") await new Promise((resolve) => setTimeout(resolve, 5));
        onRead(path);
        return this.files[path] ?? "";
      },
    });
    for (const [path, text] of Object.entries(this.files)) words.set({ uri: `file://${path}`, path, text });
    return words;
  }
}

/** An index whose words are known by a {@link WordFiles}. @param reading how it looks at files; from the disk by default. */
function indexInto(texts: WordFiles, reading: Pick<RepositoryIndexDependencies, "stat" | "read"> = {}) {
  return new RepositoryIndex({
    createIndex: () => new FakeNgramIndex(),
    texts,
    limitBytes: 1000,
    isBusy: () => false,
    pause: async () => {},
    log: () => {},
    ...reading,
  });
}

const NEAR = { path: "/w/src/a/main.ts", languageId: "typescript" };

describe("files that contain a word", () => {
  const look = async (words: WordFiles, word: string, hidden: string[] = []) =>
    (await words.filesWith([word], NEAR, new Set(hidden))).get(word)?.map(({ path }) => path);

  it("are those with the whole word, of the document's languages, the nearest first, without the hidden ones", async () => {
    const words = new Disk({
      "/w/test/far.ts": "loadAll();\n",
      "/w/src/a/near.tsx": "x = loadAll;\n",
      "/w/src/b/other.js": "loadAll",
      "/w/src/a/longer.ts": "loadAllNow(); reloadAll();\n",
      "/w/src/a/main.py": "loadAll()\n",
    }).words();
    assert.deepEqual(await look(words, "loadAll"), ["/w/src/a/near.tsx", "/w/src/b/other.js", "/w/test/far.ts"]);
    assert.deepEqual(await look(words, "loadAll", ["/w/src/b/other.js"]), ["/w/src/a/near.tsx", "/w/test/far.ts"]);
    assert.deepEqual(await look(words, "load"), []);
    assert.deepEqual(await look(words, "x"), [], "short words are not looked for");
  });

  it("words outside ASCII are words", async () => {
    const words = new Disk({ "/w/a.ts": "größe = 1;\n", "/w/b.ts": "gr = e;\n" }).words();
    assert.deepEqual(await look(words, "größe"), ["/w/a.ts"]);
  });

  it("are read anew only when they changed on the disk, and never without being asked for", async () => {
    const disk = new Disk({ "/w/a.ts": "loadAll();\n", "/w/b.ts": "saveAll();\n" });
    const words = disk.words();
    assert.deepEqual(disk.read, []);
    await look(words, "loadAll");
    await look(words, "loadAll");
    assert.deepEqual(disk.read, ["/w/a.ts"]);
    disk.files["/w/a.ts"] = "loadAll(1);\n";
    disk.modified++;
    const found = await words.filesWith(["loadAll"], NEAR, new Set());
    assert.equal(found.get("loadAll")?.[0]?.text, "loadAll(1);\n");
  });

  it("without those that are gone or have other offsets in an editor; a byte order mark is not part of the text", async () => {
    const disk = new Disk({
      "/w/link.ts": "loadAll\n",
      "/w/mixed.ts": "loadAll\r\n\n",
      "/w/mac.ts": "loadAll\r",
      "/w/latin.ts": "loadAll \ufffd\n",
      "/w/large.ts": `loadAll\n${"// text\n".repeat(50_000)}`,
      "/w/gone.ts": "loadAll\n",
      "/w/mark.ts": "\ufeffloadAll\r\n",
    });
    const words = disk.words();
    disk.others.add("/w/link.ts");
    delete disk.files["/w/gone.ts"];
    const found = await words.filesWith(["loadAll"], NEAR, new Set());
    assert.deepEqual(found.get("loadAll"), [{ uri: "file:///w/mark.ts", path: "/w/mark.ts", text: "loadAll\r\n" }]);
    assert.ok(!disk.read.includes("/w/link.ts") && !disk.read.includes("/w/large.ts"));
  });

  it("are at most 40 for a word and 80 in all", async () => {
    const names = Array.from({ length: 200 }, (_, index) => [`/w/${index}.ts`, "loadAll saveAll readAll\n"]);
    const disk = new Disk(Object.fromEntries([...names, ...names.map(([path]) => [`/w/x${path}`, "saveAll"])]));
    const found = await disk.words().filesWith(["loadAll", "saveAll", "readAll"], NEAR, new Set());
    assert.equal(found.get("loadAll")?.length, 40);
    assert.ok(disk.read.length <= 80, `${disk.read.length} files were read`);
  });

  it("a file that is removed while another one is read is not answered", async () => {
    const disk = new Disk({ "/w/a.ts": "loadAll();\n", "/w/b.ts": "loadAll();\n" });
    const words: WordFiles = disk.words((path) => {
      if (path === "/w/b.ts") words.remove("/w/a.ts");
    });
    assert.deepEqual(await look(words, "loadAll"), ["/w/b.ts"]);
  });

  it("nothing is read once the request has ended", async () => {
    const disk = new Disk({ "/w/a.ts": "loadAll();\n" });
    const found = await disk.words().filesWith(["loadAll"], NEAR, new Set(), AbortSignal.abort());
    assert.deepEqual([found.get("loadAll"), disk.read], [[], []]);
  });
});

describe("the words of the repository's index", () => {
  const make = (files: Record<string, string>) => {
    const disk = new Disk({});
    const words = disk.words();
    Object.assign(disk.files, files);
    const index = indexInto(words, {
      stat: async (path) =>
        disk.files[path] === undefined ? undefined : { bytes: disk.files[path].length, modified: 0 },
      read: async (path) => disk.files[path] ?? "",
    });
    const found = async () =>
      (await words.filesWith(["loadAll"], NEAR, new Set())).get("loadAll")?.map(({ uri }) => uri);
    return { index, disk, found };
  };
  const named = (...uris: string[]) => ({ reset: false, changed: uris, removed: [] });

  it("are those of the files that it was told, by the address that it was told", async () => {
    const { index, found } = make({ "/w/a b.ts": "loadAll\n", "/w/c.min.js": "loadAll\n", "/w/never.ts": "loadAll\n" });
    index.change(named("file:///w/a%20b.ts", "file:///w/c.min.js"));
    await index.settled();
    assert.deepEqual(await found(), ["file:///w/a%20b.ts"]);
  });

  it("a file that may not be read any more is not read from that moment on", async () => {
    const { index, disk, found } = make({ "/w/a.ts": "loadAll\n", "/w/b.ts": "loadAll\n" });
    index.change(named("file:///w/a.ts", "file:///w/b.ts"));
    await index.settled();
    index.change({ reset: false, changed: [], removed: ["file:///w/a.ts"] });
    assert.deepEqual(await found(), ["file:///w/b.ts"]);
    assert.ok(!disk.read.includes("/w/a.ts"));
    index.change({ reset: true, changed: ["file:///w/a.ts"], removed: [] });
    assert.deepEqual(await found(), []);
    await index.settled();
    assert.deepEqual(await found(), ["file:///w/a.ts"]);
    index.close();
    assert.deepEqual(await found(), []);
  });

  it("a file that has become binary is forgotten", async () => {
    const { index, disk, found } = make({ "/w/a.ts": "loadAll\n" });
    index.change(named("file:///w/a.ts"));
    await index.settled();
    disk.files["/w/a.ts"] = "loadAll\0";
    index.change(named("file:///w/a.ts"));
    await index.settled();
    assert.deepEqual(await found(), []);
  });
});

describe("the words of files whose folder becomes a link", () => {
  const folder = temporaryFolder();

  it("lead to no file outside of the workspace", async () => {
    mkdirSync(folder.path("w/src"), { recursive: true });
    mkdirSync(folder.path("outside"));
    writeFileSync(folder.path("w/src/a.ts"), "loadAll();\n");
    writeFileSync(folder.path("outside/a.ts"), "loadAll('secret');\n");
    let index: RepositoryIndex | undefined;
    const words = new WordFiles({ stat: async (path) => await index?.factsOf(path) });
    index = indexInto(words);
    const uri = pathToFileURL(folder.path("w/src/a.ts")).href;
    index.change({ reset: true, folders: [folder.path("w")], changed: [uri], removed: [] });
    await index.settled();
    const cursorFile = { path: "", languageId: "typescript" };
    const found = async () =>
      (await words.filesWith(["loadAll"], cursorFile, new Set())).get("loadAll")?.map(({ text }) => text);
    assert.deepEqual(await found(), ["loadAll();\n"]);
    renameSync(folder.path("w/src"), folder.path("w/old"));
    symlinkSync(folder.path("outside"), folder.path("w/src"));
    assert.deepEqual(await found(), []);
  });
});
