/** Measures how long the editor's commands take to their first token, one after the other on the same file. */
import { performance } from "node:perf_hooks";
import { calibrate } from "../../backend/calibration.ts";
import { LocalBackend } from "../../backend/localBackend.ts";
import { Scheduler } from "../../backend/scheduler.ts";
import { Answerer } from "../../chat/answer.ts";
import { Tasks } from "../../chat/taskService.ts";
import { type GenerateRequest, loadAddon, type NativeModel } from "../../native.ts";
import { packageRoot } from "../../packageRoot.ts";
import { bitnetChat } from "../../prompt/chatTemplate.ts";
import type { CodeContext, EditTask } from "../../protocol/tasks.ts";
import { packOf } from "../loadModel.ts";
import type { MeasureOptions } from "./measure.ts";
import { median, significant } from "./median.ts";
import { REPEATING } from "./repeating.ts";
import { syntheticModel } from "./shape.ts";
import { figure, percent, plainTable } from "./table.ts";

const ROUNDS = 3;
const COMMANDS: [EditTask, string][] = [
  ["refactor", ""],
  ["edit", "rename the parameter to type"],
  ["document", ""],
  ["tests", ""],
];

export interface CommandFigure {
  command: EditTask;
  /** Medians over the rounds. Each round begins with an empty cache. */
  firstTokenMs: number;
  /** Ratio to the first command. */
  overFirst: number;
  promptTokens: number;
  prefilledTokens: number;
}

export interface CommandsReport {
  shape: string;
  isa: string;
  threads: number;
  commands: CommandFigure[];
}

/** One first token: when it came, and how much was computed for it. */
interface Sample {
  ms: number;
  promptTokens: number;
  prefilledTokens: number;
}

export async function measureCommands({ shape, threads, kernel }: MeasureOptions): Promise<CommandsReport> {
  const pack = await packOf(await syntheticModel(shape), { kernel });
  const native = await loadAddon(packageRoot()).loadModel(pack, { threads, ...(kernel !== undefined && { kernel }) });
  try {
    const speed = await calibrate(native);
    const chat = bitnetChat(native.tokenizer);
    const rounds: Sample[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      native.clearCache();
      const samples: Sample[] = [];
      let first = new FirstToken(native);
      const backend = () => new LocalBackend({ name: shape, native: first.model, speed, chat });
      const answerer = new Answerer({
        scheduler: new Scheduler(),
        backend: () => ({ kind: "ready", backend: backend() }),
      });
      const tasks = new Tasks(answerer);
      for (const [task, instruction] of COMMANDS) {
        first = new FirstToken(native);
        const done = tasks.run({ task, code: sampleCode(), instruction }, () => {}, first.seen);
        // A model with random weights never writes a valid edit.
        await done.catch((error: unknown) => {
          if (first.sample === undefined) throw error;
        });
        if (first.sample === undefined) throw new Error(`${task}: the model wrote nothing`);
        samples.push(first.sample);
      }
      rounds.push(samples);
    }
    const of = (i: number, key: keyof Sample) => median(rounds.map((samples) => samples[i]?.[key] ?? Number.NaN));
    return {
      shape,
      isa: native.kernel,
      threads: native.threads,
      commands: COMMANDS.map(([command], i) => ({
        command,
        firstTokenMs: significant(of(i, "ms")),
        overFirst: significant(of(i, "ms") / of(0, "ms"), 3),
        promptTokens: of(i, "promptTokens"),
        prefilledTokens: of(i, "prefilledTokens"),
      })),
    };
  } finally {
    await native.close();
  }
}

export function commandsText(report: CommandsReport): string {
  const name = `Synthetic model of the shape ${report.shape}, ${report.isa}, ${report.threads} threads`;
  const table = plainTable({
    head: ["command", "first token", "of the first", "prompt", "computed"],
    rows: report.commands.map((c) => [
      c.command,
      `${figure(c.firstTokenMs)} ms`,
      percent(c.overFirst),
      String(c.promptTokens),
      String(c.prefilledTokens),
    ]),
  });
  return `${name}\n\n${table}`;
}

/** A file of a given length with a function in its middle. */
function sampleCode(): CodeContext {
  const before = REPEATING.table;
  const start = before.split("\n").length - 1;
  const end = start + REPEATING.switch.split("\n").length - 1;
  return {
    path: "src/names.ts",
    languageId: "typescript",
    text: before + REPEATING.switch + REPEATING.testFile,
    selection: { start, end },
    symbols: [],
    indent: 2,
  };
}

/** Notes when the first token arrives, and stops the generation there. */
class FirstToken {
  readonly model: NativeModel;
  sample: Sample | undefined;
  readonly #begun = performance.now();
  readonly #stop = new AbortController();

  constructor(native: NativeModel) {
    this.model = new Proxy(native, {
      get: (target, key) => {
        if (key === "generate") return (request: GenerateRequest) => this.#generate(target, request);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  get seen(): AbortSignal {
    return this.#stop.signal;
  }

  #generate(native: NativeModel, request: GenerateRequest) {
    const generation = native.generate({ ...request, maxTokens: Math.min(1, request.maxTokens) });
    if (request.maxTokens === 0) return generation;
    void generation.done.then(({ promptTokens, prefilledTokens }) => {
      this.sample ??= { ms: performance.now() - this.#begun, promptTokens, prefilledTokens };
      this.#stop.abort();
    });
    return generation;
  }
}
