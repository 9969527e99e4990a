/** Runs llama.cpp in a separate process; it is installed on first use. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { run, step } from "../scripts/lib/process.mjs";

export class LlamaProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  #pending: { resolve: (answer: unknown) => void; reject: (error: Error) => void } | undefined;

  private constructor(folder: string) {
    this.#child = spawn(process.execPath, [join(folder, "llama.mjs")], { cwd: folder });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#lines.on("line", (line) => {
      const pending = this.#take();
      const answer = JSON.parse(line) as { error?: string };
      if (answer.error === undefined) pending?.resolve(answer);
      else pending?.reject(new Error(`llama.cpp: ${answer.error}`));
    });
    this.#child.on("error", (error) => this.#take()?.reject(error));
    this.#child.on("close", (code) => this.#take()?.reject(new Error(`llama.cpp's process ended with ${code}`)));
  }

  /** @param folder bench/peers, which has the package with the version */
  static async start(folder: string): Promise<LlamaProcess> {
    if (!existsSync(join(folder, "node_modules"))) {
      step("fetching llama.cpp from npm");
      await run("npm", ["ci", "--ignore-scripts"], { cwd: folder, quiet: true });
    }
    return new LlamaProcess(folder);
  }

  async load(path: string, context: number): Promise<{ version: string }> {
    return (await this.#ask({ op: "load", path, context })) as { version: string };
  }

  async threads(count: number): Promise<void> {
    await this.#ask({ op: "threads", count });
  }

  /** Milliseconds to the first token of a prompt, with nothing cached. */
  async prefill(tokens: Uint32Array): Promise<number> {
    return ((await this.#ask({ op: "prefill", tokens: [...tokens] })) as { ms: number }).ms;
  }

  /** Milliseconds for `count` tokens after the last prompt. */
  async decode(count: number): Promise<number> {
    return ((await this.#ask({ op: "decode", count })) as { ms: number }).ms;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.stdin.end();
    await closed;
  }

  #ask(request: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  #take() {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
