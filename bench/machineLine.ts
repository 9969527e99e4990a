import { availableParallelism, cpus, totalmem, type } from "node:os";

/** One line that describes this machine: its processor, the number of logical processors, the memory and the system. */
export function machine(): string {
  const name =
    cpus()[0]
      ?.model.replace(/\((R|TM)\)/g, "")
      .replace(/\s+/g, " ")
      .trim() ?? process.arch;
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${name}, ${availableParallelism()} logical processors, ${gigabytes} GB, ${type()} ${process.arch}`;
}
