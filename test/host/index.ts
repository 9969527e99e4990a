/**
 * The module that VS Code runs as its extension test: it runs mocha over the test files beside it, or over those whose
 * paths are in the JSON list STERNA_TEST_FILES. The report is written to the file that STERNA_TEST_REPORT names.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import * as mocha from "mocha";
import { overlookForeignErrors, type RunnerPrototype } from "./foreignErrors.ts";

export async function run(): Promise<void> {
  const { STERNA_TEST_REPORT: output, STERNA_TEST_GREP: grep, STERNA_TEST_FILES: files } = process.env;
  const Mocha = (mocha as unknown as { Mocha: new (options: Mocha.MochaOptions) => Mocha }).Mocha;
  overlookForeignErrors(mocha.Runner.prototype as unknown as RunnerPrototype, (error) =>
    console.warn("An error in another extension:", error),
  );
  const suite = new Mocha({
    ui: "bdd",
    timeout: 20_000,
    reporter: "json",
    ...(output !== undefined && { reporterOptions: { output } }),
    ...(grep !== undefined && { grep }),
  });
  for (const file of files === undefined ? testFiles() : (JSON.parse(files) as string[])) suite.addFile(file);
  const failures = await new Promise<number>((resolve) => suite.run(resolve));
  if (failures > 0) {
    throw new Error(`${failures} tests failed`);
  }
}

function testFiles(): string[] {
  const files = readdirSync(__dirname).filter((file) => file.endsWith(".test.cjs"));
  return files.sort().map((file) => path.join(__dirname, file));
}
