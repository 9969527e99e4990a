import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { gguf } from "@huggingface/gguf";
import { openGguf } from "../../../engine/models/gguf/reader.ts";
import { ModelKeys } from "../../../engine/models/modelKeys.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec, setValue } from "./ggufSpec.ts";

describe("GGUF reader", () => {
  const folder = temporaryFolder();
  const file = (bytes: Uint8Array) => {
    const path = folder.path("reader.gguf");
    writeFileSync(path, bytes);
    return path;
  };

  it("finds what @huggingface/gguf finds in a sound file", async () => {
    const path = file(encodeSpec(goodSpec("TQ2_0")));
    const theirs = await gguf(path, { allowLocalFile: true });
    const ours = await openGguf(path);
    try {
      const keys = new ModelKeys(ours);
      const metadata: Record<string, unknown> = { ...theirs.metadata };
      for (const [key, entry] of ours.values) {
        if (entry.kind === "strings") {
          const texts = Array.from({ length: entry.value.length }, (_, i) => entry.value.text(i));
          assert.deepEqual(texts, metadata[key], key);
        } else if (entry.kind === "numbers") assert.deepEqual([...entry.value], metadata[key], key);
        else if (entry.kind !== "skipped") assert.equal(entry.value, metadata[key], key);
      }
      assert.equal(keys.text("general.architecture"), "bitnet-b1.58");
      assert.equal(ours.tensors.size, theirs.tensorInfos.length);
      for (const info of theirs.tensorInfos) {
        const tensor = ours.tensors.get(info.name);
        assert.deepEqual(tensor?.shape, info.shape.map(Number), info.name);
        assert.equal(tensor?.type, { 0: "F32", 1: "F16", 35: "TQ2_0" }[info.dtype as number], info.name);
        assert.equal(tensor?.offset, Number(theirs.tensorDataOffset + info.offset), info.name);
      }
    } finally {
      await ours.close();
    }
  });

  it("reads tensor data at its offset, for every alignment", async () => {
    for (const alignment of [1, 8, 32, 4096]) {
      const spec = goodSpec();
      spec.alignment = alignment;
      setValue(spec, "general.alignment", { type: "u32", value: alignment });
      const ours = await openGguf(file(encodeSpec(spec)));
      try {
        for (const { name, data } of spec.tensors) {
          const tensor = ours.tensors.get(name);
          assert.ok(tensor !== undefined && tensor.size === data.length, name);
          const bytes = new Uint8Array(data.length - 5);
          await ours.read(tensor, 5, bytes);
          assert.deepEqual(bytes, new Uint8Array(data.subarray(5)), `${name} with alignment ${alignment}`);
        }
      } finally {
        await ours.close();
      }
    }
  });

  it("reads every kind of number", async () => {
    const spec = goodSpec();
    setValue(spec, "a", { type: "i32", value: -7 });
    setValue(spec, "b", { type: "u64", value: 2 ** 40 });
    setValue(spec, "c", { type: "f64", value: 0.1 });
    setValue(spec, "d", { type: "raw", value: (out) => out.u32(1).u8(0xfe) });
    setValue(spec, "e", { type: "raw", value: (out) => out.u32(3).u8(0xfe).u8(0xff) });
    setValue(spec, "f", { type: "raw", value: (out) => out.u32(2).u8(0xfe).u8(0xff) });
    setValue(spec, "g", { type: "raw", value: (out) => out.u32(11).u64(2n ** 64n - 3n) });
    setValue(spec, "h", { type: "raw", value: (out) => out.u32(9).u32(6).u64(2).f32(1).f32(2) });
    const ours = await openGguf(file(encodeSpec(spec)));
    await ours.close();
    const value = (key: string) => {
      const entry = ours.values.get(key);
      return entry?.kind === "number" ? entry.value : entry?.kind;
    };
    assert.deepEqual("abcdefgh".split("").map(value), [-7, 2 ** 40, 0.1, -2, -2, 65534, -3, "skipped"]);
  });

  it("reads a header longer than its window", async () => {
    const spec = goodSpec();
    const long = "x".repeat(3 << 20);
    setValue(spec, "long", { type: "string", value: long });
    setValue(spec, "after", { type: "string", value: "end" });
    const ours = await openGguf(file(encodeSpec(spec)));
    await ours.close();
    assert.deepEqual(ours.values.get("long"), { kind: "string", value: long });
    assert.deepEqual(ours.values.get("after"), { kind: "string", value: "end" });
  });
});
