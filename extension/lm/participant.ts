/** `@sterna` in VS Code's own chat: the same model, with the history of that chat's conversation. */
import * as vscode from "vscode";
import { messageOf } from "../../engine/client/errors.ts";
import { chat, chatText } from "../../engine/protocol/chat.ts";
import { ActionableError, type ErrorAction } from "../actionableError.ts";
import { requireChatModel } from "../chat/chatModel.ts";
import { requireOwnText, requireUnquoted } from "../repository/quotedFiles.ts";
import type { Services } from "../services.ts";
import { engineMessages, type RequestMessage } from "./lmMessages.ts";

export const PARTICIPANT = "sterna.chat.participant";
const ANSWER_TOKENS = 1024;

export type ParticipantDependencies = Pick<Services, "engine" | "access" | "models">;

export function registerParticipant(context: vscode.ExtensionContext, services: Services): void {
  context.subscriptions.push(vscode.chat.createChatParticipant(PARTICIPANT, participantHandler(services)));
}

export function participantHandler(deps: ParticipantDependencies): vscode.ChatRequestHandler {
  return async ({ prompt, references }, { history }, stream, token) => {
    try {
      await requireChatModel(deps);
      const attached = await Promise.all(references.map(({ value }) => referenceText(value, deps)));
      const question = [...attached.filter((text) => text !== ""), prompt].join("\n\n");
      const messages = engineMessages([...messagesOf(history), { role: 1, content: question }]);
      const onText = (text: string) => stream.markdown(text);
      await deps.engine.stream(chat, { messages, maxTokens: ANSWER_TOKENS }, chatText, onText, token);
      return {};
    } catch (error) {
      if (error instanceof ActionableError) {
        stream.markdown(error.message);
        for (const action of error.actions) stream.button(buttonOf(action));
        return {};
      }
      return { errorDetails: { message: messageOf(error) } };
    }
  };
}

function messagesOf(history: vscode.ChatContext["history"]): RequestMessage[] {
  return history.map((turn): RequestMessage => {
    if (turn instanceof vscode.ChatRequestTurn) {
      return { role: 1, content: turn.prompt };
    }
    const parts = turn.response.map((part) =>
      part instanceof vscode.ChatResponseMarkdownPart ? part.value : undefined,
    );
    return { role: 2, content: parts };
  });
}

function buttonOf({ title, command, arguments: args }: ErrorAction): vscode.Command {
  return { title, command, ...(args && { arguments: args }) };
}

/**
 * The text of something that is attached to a question: a part of a file, a whole file, or words.
 *
 * @throws RefusalError for a file that may not be read.
 */
async function referenceText(value: unknown, { access }: ParticipantDependencies): Promise<string> {
  if (typeof value === "string") {
    await requireUnquoted(value, "What is attached", access);
    return value;
  }
  const [uri, range] = value instanceof vscode.Location ? [value.uri, value.range] : [value, undefined];
  if (!(uri instanceof vscode.Uri)) {
    return "";
  }
  await access.require({ uri, languageId: "" });
  const document = await vscode.workspace.openTextDocument(uri);
  await requireOwnText(document, access);
  return `\`\`\`${document.languageId}\n${document.getText(range)}\n\`\`\``;
}
