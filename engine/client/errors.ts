/** Errors as sentences for people. */

/** The words that vscode-jsonrpc puts before an error of the other side. */
const PROTOCOL_WORDS = /^Request \S+ failed with message: /;

/** The sentence of an error without the protocol's words. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(PROTOCOL_WORDS, "");
}

/** An error with only that sentence: a stack trace of the other process would not help. */
export function plainError(error: unknown): Error {
  const message = messageOf(error);
  return error instanceof Error && error.message === message ? error : new Error(message, { cause: error });
}
