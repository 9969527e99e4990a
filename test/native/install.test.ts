/** What `npm install` does for the engine, in a separate folder without a compiler in PATH. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tarGz } from "../../scripts/lib/archive.mjs";
import { root } from "../unit/root.ts";

describe("installing the engine", function () {
  this.timeout(30000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sterna-install-"));
    await cp(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
    await copyFile(join(root, "package.json"), join(folder, "package.json"));
    await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    await mkdir(join(folder, "bin"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function install() {
    const { npm_config_sterna_local_prebuilds: _, ...env } = process.env;
    const run = spawnSync(process.execPath, [join(folder, "scripts", "install-addon.mjs")], {
      cwd: folder,
      encoding: "utf8",
      env: { ...env, PATH: join(folder, "bin"), CXX: "" },
    });
    return { status: run.status, out: run.stdout.trim(), error: run.stderr.trim() };
  }

  /**
   * Writes an archive where prebuild-install looks for it, as scripts/prebuild.mjs does, with `binary` as the addon.
   */
  async function prebuild(binary: string): Promise<void> {
    const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    await mkdir(join(folder, "prebuilds"));
    const archive = join(folder, "prebuilds", `${name}-v${version}-napi-v8-${process.platform}-${process.arch}.tar.gz`);
    await writeFile(archive, tarGz("build/Release/sterna.node", await readFile(binary)));
  }

  it("takes a prebuilt addon and needs no compiler", async () => {
    await prebuild(join(root, "build", "Release", "sterna.node"));
    const { status, out } = install();
    assert.deepEqual({ status, out }, { status: 0, out: "Sterna's engine: prebuilt addon installed" });
    const installed = await readFile(join(folder, "build", "Release", "sterna.node"));
    assert.ok(installed.equals(await readFile(join(root, "build", "Release", "sterna.node"))));
  });

  it("says in one line what is missing where there is no compiler, and lets the rest be installed", () => {
    const { status, error } = install();
    assert.equal(status, 0);
    assert.match(
      error,
      /^Sterna's engine cannot be built: .*CMake.*compiler.* not found \(.*\), then run: npm run build:native$/,
    );
  });

  it("does not take a prebuilt addon that cannot be loaded", async () => {
    await prebuild(join(root, "package.json"));
    const { out, error } = install();
    assert.equal(out, "");
    assert.match(error, /^Sterna's engine cannot be built/);
  });
});
