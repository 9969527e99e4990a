/** Runs a benchmark with the program's arguments. An error is one line that begins with the benchmark's name. */
export function startBenchmark(name: string, main: (args: string[]) => Promise<void> | void): void {
  Promise.resolve(process.argv.slice(2))
    .then(main)
    .catch((error: unknown) => {
      process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    });
}
