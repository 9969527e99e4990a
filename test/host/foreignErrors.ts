/**
 * VS Code runs all extensions in one process, and mocha blames the test that is running for every error in it that
 * nobody has caught. An error out of one of VS Code's own extensions, such as a `git check-ignore` whose pipe closed
 * early, says nothing about Sterna: it is told apart, and the test goes on.
 */

/** The part of mocha's Runner that is told of uncaught errors. */
export interface RunnerPrototype {
  _uncaught(this: unknown, error: unknown): void;
}

/** Whether the error was thrown by code of an extension that is a part of VS Code, judged by its stack. */
export function isForeign(error: unknown): boolean {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return /[\\/]vscode[\\/]extensions[\\/][\w.-]+[\\/]/.test(stack);
}

/** Makes the runner overlook foreign errors, which are handed to `warn`. Must be called before a runner is made. */
export function overlookForeignErrors(runner: RunnerPrototype, warn: (error: unknown) => void): void {
  const uncaught = runner._uncaught;
  runner._uncaught = function (error) {
    if (isForeign(error)) warn(error);
    else uncaught.call(this, error);
  };
}
