/**
 * The shapes of what clients send, as far as it is used. A wrong message from a client gets an error and causes no
 * crash.
 */
import * as v from "valibot";
import { ErrorCodes, ResponseError } from "vscode-languageserver/node";
import { count, text } from "../protocol/checked.ts";

/** The numbers of lines, characters and versions in LSP. */
const integer = v.pipe(v.number(), v.integer());
const position = v.object({ line: count, character: count });
export const range = v.object({ start: position, end: position });
const identifier = v.object({ uri: text });
const atPosition = { textDocument: identifier, position };

export const initialize = v.object({
  capabilities: v.looseObject({}),
  rootUri: v.nullish(text),
  workspaceFolders: v.nullish(v.array(v.object({ uri: text, name: text }))),
  initializationOptions: v.optional(v.unknown()),
});

export const didOpen = v.object({
  textDocument: v.object({ uri: text, languageId: text, version: integer, text }),
});
export const didChange = v.object({
  textDocument: v.object({ uri: text, version: integer }),
  contentChanges: v.array(v.union([v.object({ range, text }), v.object({ text })])),
});
export const ofDocument = v.object({ textDocument: identifier });

export const inlineCompletion = v.object({
  ...atPosition,
  context: v.object({
    triggerKind: v.picklist([1, 2]),
    selectedCompletionInfo: v.nullish(v.object({ range, text })),
  }),
});
export const completion = v.object(atPosition);

export const codeAction = v.object({
  textDocument: identifier,
  range,
  context: v.object({
    diagnostics: v.array(v.looseObject({ range, message: v.union([text, v.looseObject({ value: text })]) })),
    only: v.nullish(v.array(text)),
  }),
});
/** An action that the server has given out. Fields that a client adds are kept. */
export const resolvedAction = v.looseObject({ title: text, data: v.optional(v.unknown()) });
export const executeCommand = v.object({ command: text, arguments: v.nullish(v.array(v.unknown())) });

export const folderChange = v.object({
  event: v.object({ added: v.array(identifier), removed: v.array(identifier) }),
});
export const fileChanges = v.object({ changes: v.array(v.object({ uri: text, type: integer })) });

/** @throws ResponseError (InvalidParams) that says where the shape is wrong. */
export function shaped<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const read = v.safeParse(schema, value);
  if (read.success) return read.output;
  const [first] = read.issues;
  const path = v.getDotPath(first);
  throw new ResponseError(ErrorCodes.InvalidParams, `${path ? `${path}: ` : ""}${first.message}`);
}
