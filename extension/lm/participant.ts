/** `@sterna` in VS Code's own chat: the same model, with what was said to it before. */
import * as vscode from "vscode";
import type { EngineClient } from "../engine/client.ts";
import { engineMessages, type RequestMessage } from "./messages.ts";

export const PARTICIPANT = "sterna.chat.participant";
const ANSWER_TOKENS = 1024;

export function participantHandler(client: EngineClient): vscode.ChatRequestHandler {
  return async ({ prompt, references }, { history }, stream, token) => {
    const attached = await Promise.all(references.map(({ value }) => referenceText(value)));
    const question = [...attached.filter((text) => text !== ""), prompt].join("\n\n");
    const before = history.map((turn): RequestMessage => {
      if (turn instanceof vscode.ChatRequestTurn) {
        return { role: 1, content: turn.prompt };
      }
      const parts = turn.response.map((part) =>
        part instanceof vscode.ChatResponseMarkdownPart ? part.value : undefined,
      );
      return { role: 2, content: parts };
    });
    try {
      await client.chat(
        { messages: engineMessages([...before, { role: 1, content: question }]), maxTokens: ANSWER_TOKENS },
        (text) => stream.markdown(text),
        token,
      );
      return {};
    } catch (error) {
      return { errorDetails: { message: error instanceof Error ? error.message : String(error) } };
    }
  };
}

/** Text of what goes with a question: a place in a file, a file, or words. */
async function referenceText(value: unknown): Promise<string> {
  if (typeof value === "string") {
    return value;
  }
  const [uri, range] = value instanceof vscode.Location ? [value.uri, value.range] : [value, undefined];
  if (!(uri instanceof vscode.Uri)) {
    return "";
  }
  const document = await vscode.workspace.openTextDocument(uri);
  return `\`\`\`${document.languageId}\n${document.getText(range)}\n\`\`\``;
}
