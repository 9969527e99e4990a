/** Conversations over a model in memory, and what a page would show of them. */
import type { Backend } from "../../../engine/backend/backend.ts";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { Answerer } from "../../../engine/chat/answer.ts";
import { Conversations } from "../../../engine/chat/conversations.ts";
import { Journal } from "../../../engine/chat/journal.ts";
import type { WorkspaceSearch } from "../../../engine/chat/workspaceContext.ts";
import type { ChatEvent, ChatTurn, ConversationView } from "../../../engine/protocol/conversations.ts";
import { FakeModel } from "./fakeModel.ts";
import { chatTokenizer } from "./fakeTokenizer.ts";

/** The last question of a prompt, and what of its answer is already written. */
export function lastQuestion(prompt: string): [question: string, written: string] {
  const [question = "", written = ""] = prompt.slice(prompt.lastIndexOf("<2>User: ") + 9).split("<2>Assistant: ");
  return [question, written];
}

/** @param folder of the conversations' files. @param script what is said to a question, and what is written of it. */
export function setup(
  folder: string,
  script: (question: string, written: string) => string,
  options: {
    pieceMs?: number;
    contextLength?: number;
    missing?: string;
    chat?: (backend: Backend) => Backend["chat"];
    search?: WorkspaceSearch;
    openPaths?: readonly string[];
  } = {},
) {
  const native = new FakeModel(
    (prompt) => {
      return script(...lastQuestion(prompt));
    },
    { tokenizer: chatTokenizer(), contextLength: 2048, ...options },
  );
  const backend: Backend = new LocalBackend({ name: "fake", native, speed: new PrefillSpeed(1000) });
  if (options.chat !== undefined) backend.chat = options.chat(backend);
  const events: ChatEvent[] = [];
  let now = 0;
  /** What a page would show. */
  let page: ConversationView = { id: "", title: "", turns: [], foldedUpTo: 0 };
  const conversations = new Conversations({
    answerer: new Answerer({
      scheduler: new Scheduler(),
      backend: () =>
        options.missing === undefined ? { kind: "ready", backend } : { kind: "none", reason: options.missing },
    }),
    // Every look at the time is later than the one before.
    journal: new Journal(folder, () => ++now),
    ...(options.search && { search: options.search }),
    openPaths: () => options.openPaths ?? [],
    emit: (_, event) => {
      events.push(event);
      page = viewAfter(page, structuredClone(event));
    },
  });
  const open = (id: string) => {
    page = conversations.open(id);
    return page.id;
  };
  const ask = (id: string, text: string) => conversations.act(id, { type: "ask", text, attachments: [] });
  const texts = () => page.turns.map(({ text }) => text);
  const onDisk = (id: string) => new Journal(folder).open(id);
  return { native, events, conversations, open, ask, texts, page: () => page, onDisk };
}

function viewAfter(page: ConversationView, event: ChatEvent): ConversationView {
  switch (event.type) {
    case "conversation":
      return event.conversation;
    case "turn": {
      const known = page.turns.some(({ id }) => id === event.turn.id);
      const turns: ChatTurn[] = known
        ? page.turns.map((turn) => (turn.id === event.turn.id ? event.turn : turn))
        : [...page.turns, event.turn];
      return { ...page, turns };
    }
    case "text":
      return {
        ...page,
        turns: page.turns.map((turn) => (turn.id === event.turn ? { ...turn, text: turn.text + event.text } : turn)),
      };
    case "fold":
      return { ...page, foldedUpTo: event.upTo };
    case "title":
      return { ...page, title: event.title };
    default:
      return page;
  }
}
