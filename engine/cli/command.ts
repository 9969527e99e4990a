import { type ParseArgsConfig, parseArgs } from "node:util";

/** One subcommand of `sterna`. */
export interface Command {
  /** The line of the help that shows the arguments. */
  usage: string;
  summary: string;
  /** Longer help, printed by `sterna COMMAND --help`. */
  details?: string;
  /** @param args the arguments after the command's name */
  run(args: string[]): Promise<void>;
}

/** The command line itself is wrong; the process ends with code 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Parses options and positional arguments.
 * @param names names of the positional arguments; those in [brackets] are optional
 * @throws UsageError
 */
export function parse<T extends Options>(args: string[], options: T, names: readonly string[]) {
  let parsed: ReturnType<typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
  const { positionals } = parsed;
  const missing = names[positionals.length];
  if (missing !== undefined && !missing.startsWith("[")) throw new UsageError(`${missing} is missing`);
  if (positionals.length > names.length) throw new UsageError(`unexpected argument "${positionals[names.length]}"`);
  return { values: parsed.values, positionals };
}

/**
 * Parses an option's text as a number.
 * @throws UsageError when it is not a number, or outside [low, high]
 */
export function number(option: string, text: string, low: number, high: number, whole = true): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
    throw new UsageError(`--${option} is "${text}", not a ${whole ? "whole " : ""}number from ${low} to ${high}`);
  }
  return value;
}

/**
 * Checks that an option's text is one of a few words.
 * @throws UsageError
 */
export function choice<T extends string>(option: string, text: string, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new UsageError(`--${option} is "${text}", not one of ${words.join(", ")}`);
  return word;
}

/**
 * Several of a few words, separated by commas; none for an empty text.
 * @throws UsageError
 */
export function choices<T extends string>(name: string, text: string, words: T[]): T[] {
  return text
    .split(",")
    .filter((word) => word !== "")
    .map((word) => choice(name, word, words));
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
