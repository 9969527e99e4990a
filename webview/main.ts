/**
 * The chat panel's page. It shows what the host tells it and reports what the user does; it decides nothing. Text is
 * only ever set as text, never as markup.
 */
import { type FromPage, parseToPage, type Turn } from "./messages.ts";

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const host = acquireVsCodeApi();
const log = element("log", HTMLDivElement);
const note = element("note", HTMLParagraphElement);
const form = element("form", HTMLFormElement);
const input = element("input", HTMLTextAreaElement);
const send = element("send", HTMLButtonElement);
const stop = element("stop", HTMLButtonElement);
const clear = element("clear", HTMLButtonElement);

/** Parts of the turns on the page, by id. */
const shown = new Map<number, { turn: Turn; article: HTMLElement; text: HTMLElement; note: HTMLElement }>();
let canAsk = false;

window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = parseToPage(event.data);
  switch (message?.type) {
    case "conversation":
      shown.clear();
      log.replaceChildren();
      for (const turn of message.turns) {
        showTurn(turn);
      }
      break;
    case "turn":
      showTurn(message.turn);
      break;
    case "text": {
      const parts = shown.get(message.id);
      if (parts !== undefined) {
        parts.turn.text += message.text;
        keepingBottom(() => parts.text.append(message.text));
      }
      break;
    }
    case "state":
      note.textContent = message.note;
      note.hidden = message.note === "";
      canAsk = message.canAsk;
      break;
    case undefined:
      return;
  }
  updateButtons();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  if (text !== "" && !send.disabled) {
    host.postMessage({ type: "ask", text });
    input.value = "";
    fitInput();
  }
});

input.addEventListener("keydown", (event) => {
  // Enter that ends a composition (of Chinese, say) belongs to the input method.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
input.addEventListener("input", fitInput);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !stop.hidden) {
    host.postMessage({ type: "stop" });
  }
});
stop.addEventListener("click", () => {
  host.postMessage({ type: "stop" });
  input.focus();
});
clear.addEventListener("click", () => {
  host.postMessage({ type: "clear" });
  input.focus();
});

host.postMessage({ type: "ready" });

function showTurn(turn: Turn): void {
  keepingBottom(() => {
    let parts = shown.get(turn.id);
    if (parts === undefined) {
      const article = document.createElement("article");
      article.className = turn.role;
      const heading = document.createElement("h2");
      heading.textContent = turn.role === "user" ? "You" : "Sterna";
      const text = document.createElement("div");
      text.className = "text";
      const turnNote = document.createElement("p");
      turnNote.className = "note";
      article.append(heading, text, turnNote);
      log.append(article);
      parts = { turn, article, text, note: turnNote };
      shown.set(turn.id, parts);
    }
    parts.turn = { ...turn };
    if (parts.text.textContent !== turn.text) {
      parts.text.textContent = turn.text;
    }
    parts.note.textContent = turn.note;
    parts.note.hidden = turn.note === "";
    // A screen reader reads the answer once it is whole, not word by word.
    parts.article.setAttribute("aria-busy", String(!turn.done));
  });
}

function updateButtons(): void {
  const writing = [...shown.values()].some(({ turn }) => !turn.done);
  stop.hidden = !writing;
  send.hidden = writing;
  send.disabled = !canAsk || writing;
  clear.disabled = shown.size === 0;
}

/** Changes the log and stays at its end, unless the user has scrolled up. */
function keepingBottom(change: () => void): void {
  const atBottom = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
  change();
  if (atBottom) {
    log.scrollTop = log.scrollHeight;
  }
}

/** Lets the input grow with its text; style.css sets the limit. */
function fitInput(): void {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`The page has no ${type.name} with the id ${id}.`);
  }
  return found;
}
