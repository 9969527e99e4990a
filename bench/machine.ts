import { availableParallelism, cpus, totalmem, type } from "node:os";

/** One line: processor, how many of them, memory, system. */
export function machine(): string {
  const name =
    cpus()[0]
      ?.model.replace(/\((R|TM)\)/g, "")
      .replace(/\s+/g, " ")
      .trim() ?? process.arch;
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${name}, ${availableParallelism()} logical processors, ${gigabytes} GB, ${type()} ${process.arch}`;
}
