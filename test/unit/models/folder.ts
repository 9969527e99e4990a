import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one suite, removed after it. Call this inside `describe`; use the path inside hooks and tests. */
export function temporaryFolder(): { path(name: string): string } {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "sterna-models-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return { path: (name) => join(folder, name) };
}
