/**
 * The chat panel's page. It shows what the host sends and reports what the user does; it decides nothing. Markup made
 * from a model's text goes through markdown/sanitize.ts; everything else is only ever set as text.
 */
import "./elements/composer.ts";
import "./elements/turn.ts";
import { ChatElement } from "./elements/chat.ts";
import { type FromPage, parseToPage } from "./messages.ts";

declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  /** State that survives while the panel is hidden; hiding it ends the page. */
  getState(): unknown;
  setState(state: { draft: string }): void;
};

const host = acquireVsCodeApi();
const chat = document.querySelector("sterna-chat");
if (!(chat instanceof ChatElement)) {
  throw new Error("The page has no chat.");
}
chat.addEventListener("to-host", (event) => host.postMessage((event as CustomEvent<FromPage>).detail));
window.addEventListener("message", (event: MessageEvent<unknown>) => {
  const message = parseToPage(event.data);
  if (message !== undefined) {
    chat.receive(message);
  }
});
chat.addEventListener("draft", (event) => host.setState({ draft: (event as CustomEvent<string>).detail }));
const kept = host.getState();
if (typeof kept === "object" && kept !== null && "draft" in kept && typeof kept.draft === "string") {
  chat.draft(kept.draft);
}
// Whoever focuses the view wants to type. Without this no element would have the focus.
window.addEventListener("focus", () => {
  if (document.activeElement === null || document.activeElement === document.body) {
    chat.focusInput();
  }
});
host.postMessage({ type: "ready" });
