/** What the page shows, computed from the messages that it received. */
import type { ChatTurn, Chip, ContextMeter, Offer, PageState, ToPage } from "./messages.ts";

export interface State extends Omit<PageState, "thinking"> {
  thinking: boolean | undefined;
  title: string;
  turns: ChatTurn[];
  foldedUpTo: number;
  meter: ContextMeter | undefined;
  problem: string;
  chips: Chip[];
  offers: { request: number; offers: Offer[] };
}

export function emptyState(): State {
  return {
    note: "",
    chooseModel: false,
    offer: "",
    canAsk: false,
    alive: false,
    thinking: undefined,
    title: "",
    turns: [],
    foldedUpTo: 0,
    meter: undefined,
    problem: "",
    chips: [],
    offers: { request: 0, offers: [] },
  };
}

/**
 * The state after a message: a new object, with new objects for the parts that changed. An answer's text is appended in
 * place, because that happens many times a second and only the answer's own element reads it.
 */
export function reduce(state: State, message: ToPage): State {
  switch (message.type) {
    case "conversation": {
      const { title, turns, foldedUpTo } = message.conversation;
      return { ...state, title, turns, foldedUpTo, problem: "", meter: undefined };
    }
    case "turn": {
      const { turn } = message;
      const known = state.turns.some(({ id }) => id === turn.id);
      const turns = known ? state.turns.map((old) => (old.id === turn.id ? turn : old)) : [...state.turns, turn];
      return { ...state, turns };
    }
    case "text": {
      const turn = state.turns.find(({ id }) => id === message.turn);
      if (turn !== undefined) {
        turn.text += message.text;
      }
      return state;
    }
    case "thought": {
      const turn = state.turns.find(({ id }) => id === message.turn);
      if (turn !== undefined) {
        turn.thoughts = (turn.thoughts ?? "") + message.text;
      }
      return state;
    }
    case "fold":
      return { ...state, foldedUpTo: message.upTo };
    case "title":
      return { ...state, title: message.title };
    case "meter":
      return { ...state, meter: message.meter };
    case "problem":
      return { ...state, problem: message.text };
    case "state": {
      const { note, chooseModel, offer, canAsk, alive, thinking } = message;
      return { ...state, note, chooseModel, offer, canAsk, alive, thinking };
    }
    case "chips":
      return { ...state, chips: message.chips };
    case "offers":
      return { ...state, offers: { request: message.request, offers: message.offers } };
    case "focus":
    case "draft":
      return state;
  }
}

/** The state of a turn as it is shown: without an engine, an answer that was being written is interrupted. */
export function shownState(turn: ChatTurn, alive: boolean): ChatTurn["state"] {
  return turn.state === "writing" && !alive ? "interrupted" : turn.state;
}

export function isWriting({ turns, alive }: State): boolean {
  return turns.some((turn) => shownState(turn, alive) === "writing");
}

/** The remark below an answer; "" for none. */
export function remark(turn: ChatTurn, alive: boolean): string {
  const states: Record<ChatTurn["state"], string> = {
    writing: "",
    done: "",
    stopped: "Stopped.",
    length: "The answer has reached its maximum length.",
    loop: "Stopped: the answer began to repeat itself.",
    interrupted: "Interrupted: the engine or the window was closed. The text so far is kept.",
    failed: turn.note === "" ? "There is no answer." : "",
  };
  return [states[shownState(turn, alive)], turn.note].filter((text) => text !== "").join(" ");
}

/** Whether an answer can be continued. */
export function canContinue(turn: ChatTurn, alive: boolean): boolean {
  return turn.text !== "" && ["stopped", "length", "interrupted"].includes(shownState(turn, alive));
}

/** Speed and sizes of an answer. */
export function details({ stats }: ChatTurn): string {
  if (stats === undefined) {
    return "";
  }
  const { promptTokens, cachedTokens, decodedTokens, prefillMs, decodeMs } = stats;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const speed = decodeMs > 0 ? `, ${((1000 * decodedTokens) / decodeMs).toFixed(1)} tokens/s` : "";
  return (
    `${decodedTokens} tokens in ${seconds(decodeMs)}${speed}; the first came after ${seconds(prefillMs)}, ` +
    `for a prompt of ${promptTokens} tokens, ${cachedTokens} of them cached`
  );
}
