/**
 * An installation whose engine has a scripted model (see test/host/scriptedEngine.ts), for programs that run as
 * separate processes.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../unit/root.ts";

export interface ScriptedRoot {
  /** Path of the `sterna` command. */
  script: string;
  env: NodeJS.ProcessEnv;
  /** What the model says from now on: the first line whose `when` is in the question. */
  say(...lines: { when: string; say: string; pieceMs?: number }[]): void;
}

/** @param folder a folder of the test's own. Call {@link bundleSterna} before. */
export function scriptedRoot(folder: string): ScriptedRoot {
  mkdirSync(join(folder, "dist"), { recursive: true });
  const script = join(folder, "dist", "sterna.mjs");
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  copyFileSync(join(root, "dist", "sterna.mjs"), script);
  copyFileSync(join(root, "dist", "test", "host", "scriptedEngine.cjs"), join(folder, "dist", "engine.cjs"));
  const lines = join(folder, "script.json");
  const scripted: ScriptedRoot = {
    script,
    env: { STERNA_TEST_SCRIPT: lines },
    say: (...said) => writeFileSync(lines, JSON.stringify(said)),
  };
  scripted.say();
  return scripted;
}
