/** `npm run bench` and `npm run bench:peers`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainTable } from "../engine/cli/bench/table.ts";
import { packageRoot } from "../engine/packageRoot.ts";
import { measureBusy } from "./busy.ts";
import { machine } from "./machineLine.ts";
import { ownTable, peersTable, resultsPage } from "./markdown.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { measureOwn } from "./own.ts";
import { measurePeers } from "./peers.ts";
import { merge, type Results, readResults } from "./results.ts";
import { startBenchmark } from "./startBenchmark.ts";
import { picture } from "./svg.ts";

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  if (options.burners > 0) {
    process.stdout.write(`${JSON.stringify(await measureBusy(options))}\n`);
    return;
  }
  if (options.save && options.shape !== "2b4t") throw new Error("only results of the shape 2b4t are kept");
  const folder = join(packageRoot(), "bench");
  const file = join(folder, "results.json");
  if (options.render) return render(folder, JSON.parse(readFileSync(file, "utf8")) as Results);
  const results = readResults(file, machine());
  process.stdout.write(`${results.machine}\n\n`);
  const date = new Date().toISOString().slice(0, 10);
  if (options.peers) {
    const { version, rows } = await measurePeers(options);
    process.stdout.write(plainTable(peersTable(rows)));
    const command = commandOf("bench:peers", options);
    results.peers = { date, command, version, rows: merge(results.peers?.rows ?? [], rows) };
  } else {
    const reports = await measureOwn(options);
    process.stdout.write(plainTable(ownTable(reports)));
    const command = commandOf("bench", options);
    results.own = { date, command, reports: merge(results.own?.reports ?? [], reports) };
  }
  if (options.save) {
    writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
    render(folder, results);
  }
}

/** The command that measures all numbers of threads in the stored results. */
function commandOf(script: string, { quick }: Options): string {
  return `npm run ${script} -- ${quick ? "--quick " : ""}--save`;
}

function render(folder: string, results: Results): void {
  writeFileSync(join(folder, "RESULTS.md"), resultsPage(results));
  writeFileSync(join(folder, "results.svg"), picture(results));
}

startBenchmark("bench", main);
