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
import { isBonsai, merge, type Results, readResults, storedResults, withBonsai } from "./results.ts";
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
  if (options.save && options.shape !== "2b4t" && !isBonsai(options.shape)) {
    throw new Error("only results of the shapes 2b4t and bonsai-* are kept");
  }
  const folder = join(packageRoot(), "bench");
  const file = join(folder, "results.json");
  if (options.render) return render(folder, JSON.parse(readFileSync(file, "utf8")) as Results);
  process.stdout.write(`${machine()}\n\n`);
  const results = isBonsai(options.shape) ? await bonsai(file, options) : await tensorScales(file, options);
  if (options.save) {
    writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
    render(folder, results);
  }
}

/** Measures the shape of 2B4T, or one that is given by numbers. */
async function tensorScales(file: string, options: Options): Promise<Results> {
  const results = readResults(file, machine());
  if (options.peers) {
    const { version, rows } = await measurePeers(options);
    process.stdout.write(plainTable(peersTable(rows)));
    const command = commandOf("bench:peers", options);
    results.peers = { date: today(), command, version, rows: merge(results.peers?.rows ?? [], rows) };
  } else {
    const reports = await measureOwn(options);
    process.stdout.write(plainTable(ownTable(reports)));
    const command = commandOf("bench", options);
    results.own = { date: today(), command, reports: merge(results.own?.reports ?? [], reports) };
  }
  return results;
}

async function bonsai(file: string, options: Options): Promise<Results> {
  const { shape } = options;
  const results = storedResults(file) ?? { machine: machine() };
  if (options.peers) {
    const { version, rows } = await measurePeers(options);
    process.stdout.write(plainTable(peersTable(rows)));
    const command = commandOf("bench:peers", options);
    return withBonsai(results, machine(), { peers: { date: today(), command, shape, version, rows } });
  }
  const reports = await measureOwn(options);
  process.stdout.write(plainTable(ownTable(reports)));
  const command = commandOf("bench", options);
  return withBonsai(results, machine(), { own: { date: today(), command, reports } });
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** The command that makes the stored results again, for all numbers of threads in them. */
function commandOf(script: string, { quick, shape, threads }: Options): string {
  const which = isBonsai(shape) ? `--shape ${shape} --threads ${threads.join()} ` : "";
  return `npm run ${script} -- ${which}${quick ? "--quick " : ""}--save`;
}

function render(folder: string, results: Results): void {
  writeFileSync(join(folder, "RESULTS.md"), resultsPage(results));
  writeFileSync(join(folder, "results.svg"), picture(results));
}

startBenchmark("bench", main);
