import { basename, join } from "node:path";
import { CATALOGUE, findEntry } from "../models/catalogue/catalogue.ts";
import { memoryBytes, planDownload } from "../models/catalogue/fitness.ts";
import { type DownloadPlan, type DownloadProgress, downloadModel } from "../models/download/download.ts";
import { listInstalled, removeModel } from "../models/download/installed.ts";
import { type Command, parse, printJson, UsageError } from "./command.ts";
import { storageDir } from "./loadModel.ts";

/** Folder of downloaded models. */
export function modelsDir(): string {
  return join(storageDir(), "models");
}

export const models: Command = {
  usage: "models [--json]",
  summary: "List the models that can be downloaded, and those that are there.",
  async run(args) {
    const { values } = parse(args, { json: { type: "boolean" } }, []);
    const installed = await listInstalled(modelsDir());
    const paths = new Map(installed.map((model) => [model.manifest.id, model.path]));
    const rows = CATALOGUE.map((entry) => ({
      id: entry.id,
      name: entry.name,
      bytes: entry.bytes,
      memory: memoryBytes(entry),
      codeScore: entry.codeScore ?? null,
      licence: entry.licence.name,
      path: paths.get(entry.id) ?? entry.obstacle ?? "",
    }));
    if (values.json) return printJson(rows);
    for (const { id, name, bytes, memory, codeScore, licence, path } of rows) {
      const code = codeScore === null ? "" : `, code ${Math.round(codeScore)}`;
      const sizes = `${(bytes / 1e9).toFixed(2)} GB, memory ${(memory / 1e9).toFixed(1)} GB${code}`;
      process.stdout.write(`${id.padEnd(22)} ${name}: ${sizes}, ${licence}${path && ` - ${path}`}\n`);
    }
  },
};

export const download: Command = {
  usage: "download MODEL|URL [--sha256 HEX --bytes N] [--mirror URL] [--remove] [--json]",
  summary: "Download a model, verify it, and print its path.",
  details:
    "Downloads a model by its name (see `sterna models`), or a file by its address, verifies its SHA-256 and prints where\nit is. An interrupted download goes on where it stopped. --sha256 and --bytes say what a file must be; without them\nthe server's own statement counts. --mirror names another server with the hub's addresses. --remove removes it.",
  async run(args) {
    const { values, positionals } = parse(
      args,
      {
        sha256: { type: "string" },
        bytes: { type: "string" },
        mirror: { type: "string" },
        remove: { type: "boolean" },
        json: { type: "boolean" },
      },
      ["MODEL|URL"],
    );
    const [what = ""] = positionals;
    const plan = planOf(what, values);
    if (values.remove) return await removeModel(modelsDir(), plan.id);
    const controller = new AbortController();
    process.once("SIGINT", () => controller.abort(new Error("Interrupted. The next call goes on from here.")));
    const model = await downloadModel(modelsDir(), plan, { signal: controller.signal, onProgress: show() });
    if (values.json) printJson({ path: model.path, bytes: model.bytes, files: model.manifest.files });
    else process.stdout.write(`${model.path}\n`);
  },
};

function planOf(what: string, values: { sha256?: string; bytes?: string; mirror?: string }): DownloadPlan {
  if (!URL.canParse(what)) {
    const entry = findEntry(what);
    if (entry === undefined) throw new UsageError(`there is no model "${what}"; sterna models lists them`);
    return planDownload(entry, values.mirror ?? "");
  }
  const url = new URL(what);
  const name = basename(url.pathname).replace(/[^A-Za-z0-9._-]/g, "_") || "model";
  const { sha256, bytes } = values;
  if ((sha256 === undefined) !== (bytes === undefined)) throw new UsageError("--sha256 and --bytes go together");
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw new UsageError("--sha256 is not 64 hex digits");
  const pin = sha256 === undefined ? undefined : { sha256: sha256.toLowerCase(), bytes: Number(bytes) };
  const files = [{ name, url, key: url.href, pin }];
  return { id: name.replace(/\.[^.]*$/, ""), name, source: url.href, files, extraBytes: 0 };
}

/** Progress on a terminal. */
function show(): (progress: DownloadProgress) => void {
  let shown = "";
  return ({ phase, done, total, detail }) => {
    if (!process.stderr.isTTY) return;
    const share = total > 0 ? ` ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB` : "";
    const line = detail || `${phase}${share}`;
    if (line === shown) return;
    shown = line;
    process.stderr.write(`\r\x1b[K${line}`);
  };
}
