import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { partPaths } from "../../../engine/models/gguf/splitFile.ts";
import { ModelFileError } from "../../../engine/models/modelFileError.ts";
import { openModel } from "../../../engine/models/openModel.ts";
import { readPackInfo } from "../../../engine/models/packInfo.ts";
import { resolvePack } from "../../../engine/models/store.ts";
import { temporaryFolder } from "./folder.ts";
import { encodeSpec, goodSpec, type Spec, setValue } from "./ggufSpec.ts";

const COUNT = 3;

describe("a GGUF model in parts", () => {
  const folder = temporaryFolder();
  const pathOf = (number: number, count = COUNT, name = "model") =>
    folder.path(`${name}-${String(number).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.gguf`);

  /** The tensors dealt out to the parts in turn; the keys are in the first part. */
  function parts(bend: (specs: Spec[]) => void = () => undefined): Spec[] {
    const whole = goodSpec();
    const specs = Array.from({ length: COUNT }, (_, part): Spec => {
      const spec = goodSpec();
      spec.tensors = whole.tensors.filter((_, i) => i % COUNT === part);
      if (part > 0) spec.values = [];
      setValue(spec, "split.no", { type: "u32", value: part });
      setValue(spec, "split.count", { type: "u32", value: COUNT });
      setValue(spec, "split.tensors.count", { type: "i32", value: whole.tensors.length });
      return spec;
    });
    bend(specs);
    return specs;
  }

  function write(specs: Spec[]): void {
    for (const [i, spec] of specs.entries()) writeFileSync(pathOf(i + 1), encodeSpec(spec));
  }

  it("is found by the name of any part", () => {
    assert.deepEqual(
      partPaths("/m/a-00002-of-00003.gguf")?.map((path) => basename(path)),
      ["a-00001-of-00003.gguf", "a-00002-of-00003.gguf", "a-00003-of-00003.gguf"],
    );
    for (const other of ["a.gguf", "a-1-of-3.gguf", "a-00004-of-00003.gguf", "a-00000-of-00003.gguf"]) {
      assert.equal(partPaths(other), undefined, other);
    }
    assert.equal(partPaths("a-00001-of-99999.gguf"), undefined);
    assert.deepEqual(
      partPaths("/m/A-00002-OF-00002.GGUF")?.map((path) => basename(path)),
      ["A-00001-OF-00002.GGUF", "A-00002-OF-00002.GGUF"],
    );
  });

  it("makes the pack of the whole file, whichever part is named", async () => {
    write(parts());
    writeFileSync(folder.path("whole.gguf"), encodeSpec(goodSpec()));
    const whole = await readPackInfo(await resolvePack(folder.path("whole.gguf"), folder.path("packs")));
    const packs = new Set<string>();
    for (const number of [1, 2, 3]) packs.add(await resolvePack(pathOf(number), folder.path("packs")));
    assert.equal(packs.size, 1);
    for (const pack of packs) assert.deepEqual((await readPackInfo(pack)).sections, whole.sections);
  });

  it("is imported again when any part has changed", async () => {
    write(parts());
    const first = await resolvePack(pathOf(1), folder.path("packs"));
    utimesSync(pathOf(3), 1, 1);
    assert.notEqual(await resolvePack(pathOf(1), folder.path("packs")), first);
  });

  const rows: [what: string, bend: (specs: Spec[]) => void, missing: number, message: RegExp][] = [
    ["a missing part", () => undefined, 2, /model-00002-of-00003\.gguf: file: is missing: it is part 2 of the 3/],
    [
      "a part of another place",
      ([, second]) => second && setValue(second, "split.no", { type: "u32", value: 2 }),
      0,
      /split\.no: is 2, but the name says part 2/,
    ],
    [
      "a part that says nothing of it",
      ([, , third]) => {
        if (third) third.values = [];
      },
      0,
      /00003-of-00003\.gguf: key split\.no: is missing/,
    ],
    [
      "a first part of more parts",
      ([first]) => first && setValue(first, "split.count", { type: "u32", value: 4 }),
      0,
      /split\.count: says that the model has 4 parts, and the name 3/,
    ],
    [
      "a tensor in two parts",
      ([first, second]) => {
        const twice = first?.tensors[0];
        if (twice) second?.tensors.push(twice);
      },
      0,
      /tensor "\S+": is in another part, too/,
    ],
    [
      "a part without its tensors",
      ([, , third]) => {
        if (third) third.tensors = third.tensors.slice(1);
      },
      0,
      /split\.tensors\.count: is \d+, but the parts have \d+ tensors/,
    ],
    [
      "a part that is no GGUF file",
      ([, second]) => {
        if (second) second.magic = 1;
      },
      0,
      /00002-of-00003\.gguf: magic: is not "GGUF"/,
    ],
    [
      "a count that is no number",
      ([first]) => first && setValue(first, "split.count", { type: "string", value: "3" }),
      0,
      /split\.count: is of the wrong type/,
    ],
  ];
  for (const [what, bend, missing, message] of rows) {
    it(`says in one line what is wrong with ${what}`, async () => {
      write(parts(bend));
      if (missing > 0) rmSync(pathOf(missing));
      await assert.rejects(openModel(pathOf(1)), (error: unknown) => {
        assert.ok(error instanceof ModelFileError);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
        return true;
      });
    });
  }

  it("asks for the published names where a part was renamed", async () => {
    const [first] = parts();
    writeFileSync(folder.path("renamed.gguf"), encodeSpec(first ?? goodSpec()));
    await assert.rejects(
      openModel(folder.path("renamed.gguf")),
      /has 3 parts, but the name does not say.*published with/,
    );
  });
});
