/** Errors that come with buttons. Free of `vscode`. */

export interface ErrorAction {
  /** The button's label. */
  title: string;
  command: string;
  arguments?: unknown[];
}

/** An error whose message is one sentence for people, with buttons for what can be done about it. */
export class ActionableError extends Error {
  override name = "ActionableError";
  readonly actions: readonly ErrorAction[];

  constructor(message: string, ...actions: ErrorAction[]) {
    super(message);
    this.actions = actions;
  }
}
