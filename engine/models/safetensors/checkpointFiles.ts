/** Reads files from a checkpoint's folder. */
import { readFile, stat } from "node:fs/promises";
import { openModelFile } from "../modelFile.ts";
import { ADVICE_DAMAGED, ModelFileError } from "../modelFileError.ts";
import { parseObject } from "./header.ts";

const MAX_BYTES = 64 << 20;

export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** @throws ModelFileError */
export async function readWhole(path: string): Promise<Buffer> {
  const handle = await openModelFile(path);
  try {
    if ((await handle.stat()).size > MAX_BYTES) {
      throw new ModelFileError(path, "file", "is larger than any such file", ADVICE_DAMAGED);
    }
  } finally {
    await handle.close();
  }
  return await readFile(path);
}

/** @throws ModelFileError */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const json = parseObject((await readWhole(path)).toString("utf8"));
  if (json === undefined) throw new ModelFileError(path, "file", "is no JSON object", ADVICE_DAMAGED);
  return json;
}
