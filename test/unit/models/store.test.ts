import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModelFileError, StorageError } from "../../../engine/models/modelFileError.ts";
import { HEADER } from "../../../engine/models/packFormat.ts";
import { verifyPack } from "../../../engine/models/packInfo.ts";
import { temporaryName } from "../../../engine/models/packWriter.ts";
import { resolvePack } from "../../../engine/models/store.ts";
import type { LayoutName } from "../../../engine/native.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec, setValue } from "./ggufSpec.ts";

describe("pack store", () => {
  const folder = temporaryFolder();
  let count = 0;
  let storage = "";
  let model = "";

  beforeEach(() => {
    storage = folder.path(`storage-${++count}`);
    model = folder.path(`model-${count}.gguf`);
    writeFileSync(model, encodeSpec(goodSpec()));
  });
  /** Imports, and says whether work was done. */
  const resolve = async (path = model, layout: LayoutName = "t2") => {
    let worked = false;
    const onProgress = () => {
      worked = true;
    };
    const pack = await resolvePack(path, storage, { layout, onProgress });
    return { pack, worked };
  };
  const stored = () => readdirSync(storage).map((name) => join(storage, name));
  /** Makes a pack look as if it was last used this many hours ago. */
  const age = (path: string, hours: number) => {
    const seconds = Date.now() / 1000 - 3600 * hours;
    utimesSync(path, seconds, seconds);
  };

  it("imports a model once", async () => {
    const first = await resolve();
    assert.equal(first.worked, true);
    assert.equal((await verifyPack(first.pack)).metadata.name, "test");
    assert.deepEqual(await resolve(), { pack: first.pack, worked: false });
  });

  it("makes a pack for each pair of layouts for ternary and for binary weights", async () => {
    const names = new Set<string>();
    for (const binaryLayout of ["t2", "b1"] as const) {
      const pack = await resolvePack(model, storage, { layout: "t2", binaryLayout, onProgress: () => {} });
      assert.equal((await verifyPack(pack)).layout, "t2");
      names.add(pack);
    }
    assert.equal(names.size, 2);
  });

  it("makes a pack for each layout, and keeps both while both are used", async () => {
    const packs: string[] = [];
    for (const layout of ["t2", "t16"] as const) {
      const { pack, worked } = await resolve(model, layout);
      assert.equal(worked, true);
      assert.equal((await verifyPack(pack)).layout, layout);
      packs.push(pack);
    }
    assert.deepEqual(stored().sort(), packs.toSorted());
    // Two windows that alternate, with hours in between.
    for (const layout of ["t2", "t16", "t2", "t16"] as const) {
      for (const pack of packs) age(pack, 20);
      assert.deepEqual(await resolve(model, layout), { pack: packs[layout === "t2" ? 0 : 1], worked: false });
    }
    assert.equal(stored().length, 2);
  });

  it("removes the pack of a layout that nobody has asked for in a day", async () => {
    const old = await resolve(model, "t2");
    const { pack } = await resolve(model, "t16");
    age(old.pack, 25);
    age(pack, 25);
    assert.deepEqual(await resolve(model, "t16"), { pack, worked: false });
    assert.deepEqual(stored(), [pack]);
  });

  it("replaces the pack of an earlier version without a word", async () => {
    const { pack } = await resolve();
    // Named and built like version 1: without a layout in the name, and with another version in the header.
    const old = pack.replace(/-[0-9a-f]{16}-t2\.pack$/, "-0123456789abcdef.pack");
    const bytes = readFileSync(pack);
    bytes.writeUInt32LE(1, HEADER.version);
    writeFileSync(old, bytes);
    writeFileSync(pack, bytes);
    assert.deepEqual(await resolve(), { pack, worked: true });
    assert.equal((await verifyPack(pack)).metadata.name, "test");
    assert.deepEqual(stored(), [pack]);
  });

  it("imports a changed model again and removes the old pack", async () => {
    const first = await resolve();
    const spec = goodSpec();
    setValue(spec, "general.name", { type: "string", value: "a new one" });
    writeFileSync(model, encodeSpec(spec));
    const second = await resolve();
    assert.notEqual(second.pack, first.pack);
    assert.equal((await verifyPack(second.pack)).metadata.name, "a new one");
    assert.deepEqual(stored(), [second.pack]);
  });

  it("imports a model of the same size and another time again", async () => {
    const first = await resolve();
    utimesSync(model, 1e9, 1e9);
    assert.notEqual((await resolve()).pack, first.pack);
  });

  it("keeps the packs of other models, of equal names in other folders too", async () => {
    mkdirSync(folder.path(`other-${count}`));
    const other = join(folder.path(`other-${count}`), `model-${count}.gguf`);
    writeFileSync(other, readFileSync(model));
    const packs = [(await resolve()).pack, (await resolve(other)).pack];
    assert.deepEqual(stored().sort(), packs.sort());
  });

  it("makes a damaged pack again", async () => {
    const { pack } = await resolve();
    const sound = readFileSync(pack);
    for (const bytes of [sound.subarray(0, 1000), Buffer.alloc(sound.length)]) {
      writeFileSync(pack, bytes);
      assert.deepEqual(await resolve(), { pack, worked: true });
      assert.ok(readFileSync(pack).equals(sound));
    }
  });

  it("makes a pack again when it is told to", async () => {
    const { pack } = await resolve();
    const sound = readFileSync(pack);
    const damaged = Buffer.from(sound);
    damaged.fill(0xaa, damaged.length - 100);
    writeFileSync(pack, damaged);
    assert.deepEqual(await resolve(), { pack, worked: false });
    assert.equal(await resolvePack(model, storage, { force: true }), pack);
    assert.ok(readFileSync(pack).equals(sound));
  });

  it("returns a pack as it is", async () => {
    const { pack } = await resolve();
    storage = folder.path("unused");
    assert.deepEqual(await resolve(pack), { pack, worked: false });
  });

  it("lets several imports of one model run at once", async () => {
    const results = await Promise.all([resolve(), resolve(), resolve()]);
    assert.equal(new Set(results.map(({ pack }) => pack)).size, 1);
    await verifyPack(results[0]?.pack ?? "");
    assert.equal(readdirSync(storage).length, 1);
  });

  it("removes what dead imports left, not what others are writing", async () => {
    mkdirSync(storage);
    const [dead, alive] = [temporaryName(join(storage, "a.pack")), temporaryName(join(storage, "b.pack"))];
    writeFileSync(dead, "");
    writeFileSync(alive, "");
    utimesSync(dead, Date.now() / 1000 - 2 * 86400, Date.now() / 1000 - 2 * 86400);
    // A file of a process that has ended is removed after a minute.
    const [old, fresh] = ["c", "d"].map((name) =>
      temporaryName(join(storage, name)).replace(`.${process.pid}-`, ".999999999-"),
    );
    for (const file of [old, fresh]) writeFileSync(file ?? "", "");
    utimesSync(old ?? "", Date.now() / 1000 - 60, Date.now() / 1000 - 60);
    utimesSync(alive, Date.now() / 1000 - 60, Date.now() / 1000 - 60);
    const { pack } = await resolve();
    assert.deepEqual(stored().sort(), [alive, fresh, pack].sort());
  });

  it("says when there is no such model", async () => {
    await assert.rejects(resolve(folder.path("none.gguf")), (error) => {
      assert.ok(error instanceof ModelFileError);
      assert.match(error.message, /none\.gguf: file: cannot be opened \(ENOENT\)\. Check the path/);
      return true;
    });
  });

  it("says when the folder cannot be made", async () => {
    storage = join(model, "below-a-file");
    await assert.rejects(
      resolve(),
      (error) => error instanceof StorageError && /Choose another one/.test(error.message),
    );
  });
});
