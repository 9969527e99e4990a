import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findInstalled, partialBytes } from "../../../../engine/models/download/installed.ts";
import { root } from "../../root.ts";
import { bundleSterna, sterna } from "../../support/sterna.ts";
import { Random } from "../../support/testRandom.ts";
import { until } from "../../support/until.ts";
import { temporaryFolder } from "../folder.ts";
import { BadServer } from "./badServer.ts";

describe("a download that is killed", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  const random = new Random(11);
  const bytes = random.bytes(2_000_000);
  let server: BadServer;

  before(async () => {
    await bundleSterna();
    server = await BadServer.start({ "killed.gguf": bytes });
  });
  after(() => server.stop());

  /** Downloads, and is killed once the server has sent this many bytes; undefined lets it finish. */
  async function download(storage: string, killedAt: number | undefined): Promise<void> {
    server.sent = 0;
    const child = spawn(
      process.execPath,
      [join(root, "dist", "sterna.mjs"), "download", server.url("killed.gguf").href],
      {
        env: { ...process.env, STERNA_STORAGE: storage },
        stdio: "ignore",
      },
    );
    await until(() => child.exitCode !== null || (killedAt !== undefined && server.sent >= killedAt));
    child.kill("SIGKILL");
    await until(() => child.exitCode !== null || child.signalCode !== null);
  }

  it("at 50 random moments never leaves half a model, and the next one goes on", async () => {
    const storage = folder.path("storage");
    const models = join(storage, "models");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    let withPart = 0;
    let complete = 0;
    for (let n = 0; n < 50; n++) {
      // Every fifth one may finish. Those killed after the last byte are verifying their files or renaming them.
      await download(storage, n % 5 === 4 ? undefined : Math.min(bytes.length, random.below(1.1 * bytes.length)));
      const model = await findInstalled(models, "killed");
      if (model !== undefined) {
        assert.deepEqual(readFileSync(model.path), bytes, `run ${n}`);
        assert.equal(model.manifest.files[0]?.sha256, sha256);
        complete++;
        await sterna(storage, "download", server.url("killed.gguf").href, "--remove");
      } else if ((await partialBytes(models, "killed")) > 0) {
        withPart++;
      }
    }
    assert.ok(complete >= 10 && withPart > 10, `${complete} complete, ${withPart} with a part`);
    const { code, stdout, stderr } = await sterna(storage, "download", server.url("killed.gguf").href, "--json");
    assert.equal(code, 0, stderr);
    assert.deepEqual(readFileSync(JSON.parse(stdout).path), bytes);
  });
});
