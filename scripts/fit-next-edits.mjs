/**
 * Fits the weights of next edits (engine/nextEdit/weights.ts) to the outcomes of proposals on real commits.
 *
 *   sterna replay --git REPOSITORY --edits --trust 0.2 --trace T.jsonl   # for each repository to fit on
 *   node scripts/fit-next-edits.mjs [--check] T.jsonl...
 *
 * It is logistic regression with a penalty on the squares of the weights; weights whose sign is certain keep it.
 * Proposals of one rule in one commit count as the square root of their number, so that a single large commit does not
 * decide. Proposals in other open files are left out: a replay makes one file after another, so what is still open in a
 * finished file is never what the commit has. `--check` leaves out one file after another, and prints at several
 * thresholds how many of its proposals are right.
 */
import { readFileSync, writeFileSync } from "node:fs";

/** Features that can only count for a place, or only against it. */
const SIGNS = new Map([
  ...["context", "examples", "words", "length", "isNew", "here"].map((name) => [name, 1]),
  ...["conflicts", "above", "kept", "free", "distance", "elsewhere", "age", "isComment"].map((name) => [name, -1]),
]);
/** Kinds that need no evidence; see engine/nextEdit/trust.ts. */
const CONFIRMED = new Set(["declaration", "unused import", "variant"]);
const PENALTY = 0.5;
const ROUNDS = 1500;
const RATE = 0.5;
const THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9];

/** @typedef {{features: Record<string, number>, isRight: boolean, weight: number}} Row */

/** @param {string} file @returns {Row[]} */
function read(file) {
  const rows = readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const used = rows.filter((row) => row.scope !== "open" && !CONFIRMED.has(row.kind));
  const counts = new Map();
  const keyOf = (row) => `${row.commit} ${row.rule}`;
  for (const row of used) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return used.map((row) => ({ ...row, weight: 1 / Math.sqrt(counts.get(keyOf(row))) }));
}

/** @param {number[]} weights @param {number[]} values */
function sigmoid(weights, values) {
  let sum = weights.at(-1);
  for (let index = 0; index < values.length; index++) sum += weights[index] * values[index];
  return 1 / (1 + Math.exp(-sum));
}

/**
 * AdaGrad over all rows at once.
 *
 * @param {Row[]} rows @param {string[]} names
 * @returns {number[]} one weight for each name, and the bias
 */
function train(rows, names) {
  const values = rows.map((row) => names.map((name) => row.features[name] ?? 0));
  const weights = new Array(names.length + 1).fill(0);
  const squares = new Array(names.length + 1).fill(1e-6);
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = weights.map((weight, index) => (index < names.length ? PENALTY * weight : 0));
    for (const [index, row] of rows.entries()) {
      const error = (sigmoid(weights, values[index]) - (row.isRight ? 1 : 0)) * row.weight;
      for (let name = 0; name < names.length; name++) gradient[name] += error * values[index][name];
      gradient[names.length] += error;
    }
    for (let index = 0; index < weights.length; index++) {
      squares[index] += gradient[index] ** 2;
      weights[index] -= (RATE * gradient[index]) / Math.sqrt(squares[index]);
      if (weights[index] * (SIGNS.get(names[index]) ?? 0) < 0) weights[index] = 0;
    }
  }
  return weights;
}

/** @param {string} file @param {Row[]} rows @param {string[]} names @param {number[]} weights */
function report(file, rows, names, weights) {
  const cells = THRESHOLDS.map((threshold) => {
    const shown = rows.filter(
      (row) =>
        sigmoid(
          weights,
          names.map((name) => row.features[name] ?? 0),
        ) >= threshold,
    );
    const right = shown.filter((row) => row.isRight).length;
    return `${threshold}: ${right}/${shown.length} ${Math.round((100 * right) / Math.max(1, shown.length))} %`;
  });
  console.log(`${file}\n  ${cells.join("  ")}`);
}

const isCheck = process.argv.includes("--check");
const files = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (files.length === 0) {
  console.error("usage: node scripts/fit-next-edits.mjs [--check] TRACE...");
  process.exit(2);
}
const traces = files.map((file) => ({ file, rows: read(file) }));
const names = [...new Set(traces.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row.features))))].sort();
if (isCheck) {
  for (const { file, rows } of traces) {
    const others = traces.filter((other) => other.file !== file).flatMap((other) => other.rows);
    report(file, rows, names, train(others, names));
  }
} else {
  const weights = train(
    traces.flatMap(({ rows }) => rows),
    names,
  );
  const lines = names.flatMap((name, index) =>
    Math.abs(weights[index]) < 0.02
      ? []
      : [`  ${/^[a-zA-Z]+$/.test(name) ? name : JSON.stringify(name)}: ${weights[index].toFixed(2)},`],
  );
  const text = `/**
 * Weights of what speaks for and against a place, fitted on replays of real commits by scripts/fit-next-edits.mjs; the
 * repositories, and how right the proposals are in others, are in docs/measurements/next-edits.md.
 */
import type { Features } from "./features.ts";

export const BIAS = ${weights.at(-1).toFixed(2)};

export const WEIGHTS: Features = {
${lines.join("\n")}
};
`;
  writeFileSync(new URL("../engine/nextEdit/weights.ts", import.meta.url), text);
}
