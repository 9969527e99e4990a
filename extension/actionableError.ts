/** Errors that come with buttons. Free of `vscode`. */

export interface ErrorAction {
  /** Of the button. */
  title: string;
  command: string;
  arguments?: unknown[];
}

/** One sentence for people, and what can be done about it. */
export class ActionableError extends Error {
  override name = "ActionableError";
  readonly actions: readonly ErrorAction[];

  constructor(message: string, ...actions: ErrorAction[]) {
    super(message);
    this.actions = actions;
  }
}
