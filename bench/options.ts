import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export interface Options {
  /** Whether to compare with llama.cpp instead of with the machine. */
  peers: boolean;
  /** Number of processes that use the CPU during a decode; 0 for the whole benchmark. */
  burners: number;
  threads: number[];
  shape: string;
  quick: boolean;
  /** Whether to write RESULTS.md, results.json and results.svg. */
  save: boolean;
  /** Whether to write page and picture anew from results.json, without measuring. */
  render: boolean;
  help: boolean;
}

export const HELP = `npm run bench -- [--threads N,N] [--quick] [--shape SHAPE] [--save]
npm run bench:peers -- [--threads N,N] [--quick] [--shape SHAPE] [--save]
npm run bench -- --busy N [--threads N,N] [--shape SHAPE]
npm run bench -- --render

The first measures this engine on a synthetic model against the read ceiling and the multiply-add peak of the same
minutes; the second lets it and llama.cpp (as node-llama-cpp ships it; fetched from npm on first use) take turns on the
same model file.

  --busy N        only decode, alone and beside N processes that burn CPU, in turns; prints JSON
  --threads N,N   default 1 and the number of processors
  --quick         fewer runs, and none with prompts or contexts beyond 1024 tokens
  --shape SHAPE   default 2b4t; bonsai-1.7b, bonsai-4b or bonsai-8b, which are compared with llama.cpp's Q2_0 and Q1_0;
                  or HIDDENxLAYERSxHEADSxKVxFFN
  --save          keep the results in bench/RESULTS.md, with their picture
  --render        make page and picture again from the results that are kept, without measuring
`;

/**
 * @param args what follows the script's name; a first word "peers" chooses the comparison
 * @throws Error with a one-line message
 */
export function parseOptions(args: readonly string[], processors = availableParallelism()): Options {
  const peers = args[0] === "peers";
  const { values } = parseArgs({
    args: args.slice(peers ? 1 : 0),
    options: {
      busy: { type: "string" },
      threads: { type: "string" },
      shape: { type: "string" },
      quick: { type: "boolean" },
      save: { type: "boolean" },
      render: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
    strict: true,
  });
  const { threads, shape = "2b4t", quick = false, save = false, render = false, help = false } = values;
  const burners = values.busy === undefined ? 0 : single("--busy", values.busy);
  return { peers, burners, threads: counts(threads, processors), shape, quick, save, render, help };
}

function counts(text: string | undefined, processors: number): number[] {
  if (text === undefined) return [...new Set([1, Math.min(64, processors)])];
  return text.split(",").map((part) => single("--threads", part));
}

function single(name: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 64) throw new Error(`${name} wants whole numbers from 1 to 64, not "${text}"`);
  return count;
}
