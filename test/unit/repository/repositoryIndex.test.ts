import assert from "node:assert/strict";
import type { FileFacts } from "../../../engine/repository/regularFile.ts";
import { RepositoryIndex } from "../../../engine/repository/repositoryIndex.ts";
import { FakeNgramIndex } from "../support/fakeModel.ts";
import { until } from "../support/until.ts";

describe("the index of the workspace", () => {
  const CODE = "export const a = 1;\n";

  /** An index over files that are in memory. */
  const make = (files: Record<string, string>, options: { room?: number; busy?: () => boolean } = {}) => {
    const fakes: FakeNgramIndex[] = [];
    const read: string[] = [];
    const lines: string[] = [];
    let pauses = 0;
    let onRead = () => {};
    const index = new RepositoryIndex({
      createIndex: () => {
        const fake = new FakeNgramIndex();
        fake.room = options.room ?? Number.POSITIVE_INFINITY;
        fakes.push(fake);
        return fake;
      },
      limitBytes: 1000,
      isBusy: options.busy ?? (() => false),
      pause: async () => {
        pauses++;
      },
      log: (line) => lines.push(line),
      stat: async (path): Promise<FileFacts | undefined> => {
        const text = files[path];
        return text === undefined ? undefined : { bytes: text.length, modified: Object.keys(files).indexOf(path) };
      },
      read: async (path) => {
        read.push(path);
        onRead();
        const text = files[path] ?? "";
        if (text.startsWith("!")) throw new Error("EACCES");
        return text;
      },
    });
    const whileReading = (look: () => void) => {
      onRead = look;
    };
    const held = () => [...(fakes.at(-1)?.files.keys() ?? [])].sort();
    return { index, held, read, lines, fakes, pauses: () => pauses, whileReading };
  };
  const uris = (...paths: string[]) => paths.map((path) => `file://${path}`);
  const add = (...paths: string[]) => ({ reset: false, changed: uris(...paths), removed: [] });

  it("has the files that it was told of, and reads those that changed last first", async () => {
    const { index, held, read } = make({ "/w/a.ts": CODE, "/w/b.ts": CODE, "/w/c.py": "a = 1\n" });
    index.change(add("/w/a.ts", "/w/b.ts", "/w/c.py"));
    await index.settled();
    assert.deepEqual(held(), ["/w/a.ts", "/w/b.ts", "/w/c.py"]);
    assert.deepEqual(read, ["/w/c.py", "/w/b.ts", "/w/a.ts"]);
  });

  it("reports which files are left out and why, and does not read a file that its name excludes", async () => {
    const { index, held, read } = make({
      "/w/a.ts": CODE,
      "/w/README.md": "text\n",
      "/w/x.min.js": CODE,
      "/w/bin.ts": "\0",
      "/w/no.ts": "!",
    });
    index.change(add("/w/a.ts", "/w/README.md", "/w/x.min.js", "/w/bin.ts", "/w/no.ts", "/w/gone.ts"));
    await index.settled();
    assert.deepEqual(held(), ["/w/a.ts"]);
    assert.ok(!read.includes("/w/README.md") && !read.includes("/w/x.min.js"));
    const { files, waiting, leftOut } = index.status();
    assert.deepEqual({ files, waiting }, { files: 1, waiting: 0 });
    assert.deepEqual(
      new Map(leftOut.map(({ reason, files: count }) => [reason, count])),
      new Map([
        ["no-language", 1],
        ["generated", 1],
        ["binary", 1],
        ["unreadable", 1],
      ]),
    );
  });

  it("forgets a file that is removed, that has become unreadable, or that was not named again", async () => {
    const files: Record<string, string> = { "/w/a.ts": CODE, "/w/b.ts": CODE, "/w/c.ts": CODE };
    const { index, held } = make(files);
    index.change(add("/w/a.ts", "/w/b.ts", "/w/c.ts"));
    await index.settled();
    index.change({ reset: false, changed: [], removed: uris("/w/a.ts") });
    files["/w/b.ts"] = "\0";
    index.change(add("/w/b.ts"));
    await index.settled();
    assert.deepEqual(held(), ["/w/c.ts"]);
    index.change({ reset: true, changed: uris("/w/a.ts"), removed: [] });
    await index.settled();
    assert.deepEqual(held(), ["/w/a.ts"]);
  });

  it("reads nothing of a file that is removed, not even while the index is forgetting it", async () => {
    const { index, fakes } = make({ "/w/a.ts": CODE });
    index.change(add("/w/a.ts"));
    await index.settled();
    assert.equal(await index.read("/w/a.ts"), CODE);
    const seen: (string | undefined)[] = [];
    const [fake] = fakes as [FakeNgramIndex];
    fake.remove = async (path) => {
      seen.push(await index.read("/w/a.ts"));
      return fake.files.delete(path);
    };
    index.change({ reset: false, changed: [], removed: uris("/w/a.ts") });
    seen.push(await index.read("/w/a.ts"));
    await index.settled();
    assert.deepEqual(seen, [undefined, undefined]);
    assert.deepEqual([...index.paths()], []);
  });

  it("shows a completion nothing of a file that is removed, while the index has not followed yet", async () => {
    const { index } = make({ "/w/a.ts": CODE, "/w/b.ts": CODE });
    index.change(add("/w/a.ts", "/w/b.ts"));
    await index.settled();
    index.change({ reset: false, changed: [], removed: uris("/w/a.ts") });
    assert.deepEqual(index.viewFor("file:///w/c.ts", "typescript", [])?.hidden, ["/w/a.ts"]);
    await index.settled();
    assert.deepEqual(index.viewFor("file:///w/c.ts", "typescript", [])?.hidden, []);
  });

  it("shows a completion nothing of a file while the index is removing it", async () => {
    const { index, fakes } = make({ "/w/a.ts": CODE });
    index.change(add("/w/a.ts"));
    await index.settled();
    const [fake] = fakes as [FakeNgramIndex];
    let hidden: string[] | undefined;
    fake.remove = async (path) => {
      hidden = index.viewFor("file:///w/c.ts", "typescript", [])?.hidden;
      return fake.files.delete(path);
    };
    index.change({ reset: false, changed: [], removed: uris("/w/a.ts") });
    await index.settled();
    assert.deepEqual(hidden, ["/w/a.ts"]);
  });

  it("frees the memory of old texts of a file that is saved again and again", async () => {
    const { index, fakes } = make({ "/w/a.ts": CODE });
    index.change(add("/w/a.ts"));
    await index.settled();
    const [fake] = fakes as [FakeNgramIndex];
    let freed = 0;
    fake.compact = async () => {
      freed++;
      return true;
    };
    for (let save = 0; save < 3; save++) {
      index.change(add("/w/a.ts"));
      await index.settled();
    }
    assert.equal(freed, 3);
  });

  it("forgets a file even while the model works", async () => {
    let isBusy = false;
    const { index, held } = make({ "/w/a.ts": CODE, "/w/b.ts": CODE }, { busy: () => isBusy });
    index.change(add("/w/a.ts", "/w/b.ts"));
    await index.settled();
    isBusy = true;
    index.change({ reset: false, changed: [], removed: uris("/w/a.ts") });
    await until(() => held().length === 1);
    assert.deepEqual(held(), ["/w/b.ts"]);
    isBusy = false;
    await index.settled();
  });

  it("leaves the oldest files out when the memory is full", async () => {
    const { index, held } = make({ "/w/old.ts": CODE, "/w/new.ts": CODE }, { room: CODE.length });
    index.change(add("/w/old.ts", "/w/new.ts"));
    await index.settled();
    assert.deepEqual(held(), ["/w/new.ts"]);
    assert.deepEqual(index.status().leftOut, [{ reason: "no-room", files: 1, examples: ["/w/old.ts"] }]);
  });

  it("counts a file as waiting until the index has its text", async () => {
    const { index, held, whileReading } = make({ "/w/a.ts": CODE });
    let seen: number | undefined;
    whileReading(() => {
      seen = index.status().waiting;
      assert.deepEqual(held(), []);
    });
    index.change(add("/w/a.ts"));
    await index.settled();
    assert.deepEqual([seen, index.status().waiting], [1, 0]);
  });

  it("waits while the model works", async () => {
    let left = 5;
    const { index, held, pauses } = make({ "/w/a.ts": CODE }, { busy: () => left-- > 0 });
    index.change(add("/w/a.ts"));
    await index.settled();
    assert.equal(pauses(), 5);
    assert.deepEqual(held(), ["/w/a.ts"]);
  });

  it("shows a completion the files of its family without the open ones", async () => {
    const { index } = make({ "/w/a.ts": CODE });
    assert.equal(index.viewFor("file:///w/b.tsx", "typescriptreact", []), undefined);
    index.change(add("/w/a.ts"));
    await index.settled();
    const view = index.viewFor("file:///w/b.tsx", "typescriptreact", ["file:///w/b.tsx", "untitled:1"]);
    assert.equal(view?.path, "/w/b.tsx");
    assert.deepEqual(view?.hidden, ["/w/b.tsx"]);
    assert.equal(view?.family, index.viewFor("file:///w/c.ts", "typescript", [])?.family);
    assert.notEqual(view?.family, index.viewFor("file:///w/c.py", "python", [])?.family);
    assert.equal(index.viewFor("untitled:Untitled-1", "typescript", []), undefined);
  });

  it("adds nothing after it was closed, and no address that is not a file", async () => {
    const { index, fakes } = make({ "/w/a.ts": CODE });
    index.change({ reset: false, changed: ["vscode-userdata:/a.ts", "file://bad%zz", "git:/w/a.ts"], removed: [] });
    await index.settled();
    assert.equal(index.status().files, 0);
    index.close();
    index.change(add("/w/a.ts"));
    await index.settled();
    assert.ok(fakes.every((fake) => fake.files.size === 0));
  });
});
