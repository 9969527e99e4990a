/** The whole page: the conversation above, the input below. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { CodeEvent } from "../markdown/codeBlock.ts";
import type { FromPage, ToPage } from "../messages.ts";
import { emptyState, isWriting, reduce, type State, shownState } from "../state.ts";
import type { ComposerElement } from "./composer.ts";
import { LightElement } from "./light.ts";
import type { TurnElement } from "./turn.ts";

/** While the log is scrolled to within this many pixels of its end, it follows a growing answer. */
const NEAR_END = 24;
const TIPS: [string, string][] = [
  ["/explain", "Explain the selected code"],
  ["/fix", "Find what is wrong with it"],
  ["/tests", "Write tests for it"],
];

export class ChatElement extends LightElement {
  static override properties = { state: { state: true }, showsFolded: { state: true } };
  declare state: State;
  declare showsFolded: boolean;

  /** Numbers of the answers that have grown since the last frame. */
  readonly #grown = new Set<number>();
  #frame = 0;
  /** Whether the log is scrolled to its end, and follows new text. */
  #follows = true;
  #announcement = "";

  constructor() {
    super();
    this.state = emptyState();
    this.showsFolded = false;
  }

  receive(message: ToPage): void {
    if (message.type === "focus") {
      this.focusInput();
      return;
    }
    if (message.type === "draft") {
      this.#composer?.restore(message.text);
      return;
    }
    if (message.type === "text" || message.type === "thought") {
      reduce(this.state, message);
      this.#grown.add(message.turn);
      this.#frame ||= requestAnimationFrame(() => this.#showGrown());
      return;
    }
    if (message.type === "conversation") {
      this.#follows = true;
      this.showsFolded = false;
    }
    if (message.type === "turn") {
      this.#announce(message.turn);
      this.#follows ||= message.turn.role === "user";
    }
    this.state = reduce(this.state, message);
  }

  /** Puts the cursor into the input. */
  focusInput(): void {
    void this.updateComplete.then(() => this.#composer?.updateComplete).then(() => this.#composer?.focusInput());
  }

  /** Restores what was in the input when the page was closed. */
  draft(text: string): void {
    void this.updateComplete.then(() => this.#composer?.updateComplete).then(() => this.#composer?.draft(text));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("code", (event) => {
      const turn = (event.target as Element).closest<TurnElement>("sterna-turn")?.turn.id;
      this.#onCode((event as CustomEvent<CodeEvent>).detail, turn);
    });
    this.addEventListener("click", (event) => this.#onLink(event));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        this.#onLink(event);
      } else if (event.key === "Escape" && isWriting(this.state)) {
        this.#send({ type: "stop" });
      }
    });
  }

  protected override firstUpdated(): void {
    // When the conversation grows or the panel shrinks, a log that was at its end stays there.
    const observer = new ResizeObserver(() => this.#toEnd());
    observer.observe(this);
    for (const element of this.querySelectorAll(".content")) {
      observer.observe(element);
    }
  }

  protected override render(): TemplateResult {
    const { state } = this;
    const writing = isWriting(state);
    const folded = state.turns.filter(({ id }) => id <= state.foldedUpTo);
    const read = state.turns.filter(({ id }) => id > state.foldedUpTo);
    return html`
      <h1 class="hidden">${state.title || "Chat"}</h1>
      ${this.#note()}
      <div id="log" role="region" aria-label=${`Conversation${state.title && `: ${state.title}`}`} tabindex="0"
        @scroll=${this.#onScroll}><div class="content">
        ${state.turns.length === 0 && !state.chooseModel ? this.#welcome() : nothing}
        ${
          folded.length > 0
            ? html`<div class="fold">
                <button type="button" class="small" aria-expanded=${this.showsFolded}
                  @click=${() => {
                    this.#follows = false;
                    this.showsFolded = !this.showsFolded;
                  }}>${this.showsFolded ? "Hide" : "Show"} ${folded.length} older messages</button>
                <p class="note">The model no longer reads them: the conversation is longer than its context window.</p>
              </div>`
            : nothing
        }
        ${this.showsFolded ? this.#turns(folded) : nothing}
        ${this.#turns(read)}
      </div></div>
      <p class="hidden" role="status" aria-live="polite">${this.#announcement}</p>
      <sterna-composer .canAsk=${state.canAsk} .canChat=${!state.chooseModel} .isWriting=${writing} .thinking=${state.thinking} .chips=${state.chips} .offers=${state.offers}
        .meter=${state.meter} @send=${this.#onSend}></sterna-composer>`;
  }

  #turns(turns: State["turns"]): unknown {
    const { alive, canAsk } = this.state;
    return repeat(
      turns,
      ({ id }) => id,
      (turn) => html`<sterna-turn id=${`turn-${turn.id}`} .turn=${turn} .alive=${alive} .canAsk=${canAsk}
        @send=${this.#onSend}></sterna-turn>`,
    );
  }

  #note(): TemplateResult {
    const { note, chooseModel, offer, problem } = this.state;
    return html`<div id="note" class="note" role="status" ?hidden=${note === "" && problem === ""}>
      ${note === "" ? nothing : html`<p>${note}</p>`}
      ${
        chooseModel
          ? html`<p class="choices">
              ${offer === "" ? nothing : html`<button type="button" class="primary" @click=${() => this.#send({ type: "getModel" })}>${offer}</button>`}
              <button type="button" class="small" @click=${() => this.#send({ type: "chooseModel" })}>All models</button>
            </p>`
          : nothing
      }
      ${problem === "" ? nothing : html`<p class="problem">${problem}</p>`}
    </div>`;
  }

  #welcome(): TemplateResult {
    return html`<div class="welcome">
      <h2>Ask about your code</h2>
      <p>The model reads what you attach: select some lines, then add them with <kbd>@</kbd>, or begin with a
        command.</p>
      <ul>
        ${TIPS.map(
          ([command, what]) => html`<li>
            <button type="button" class="small" @click=${() => this.#composer?.focusInput(`${command} `)}>${command}</button>
            <span>${what}</span>
          </li>`,
        )}
      </ul>
      <p>The editor's menu has the same commands, and more: they show changes as a diff that you accept or reject.</p>
    </div>`;
  }

  get #composer(): ComposerElement | null {
    return this.querySelector<ComposerElement>("sterna-composer");
  }

  get #log(): HTMLElement | null {
    return this.querySelector<HTMLElement>("#log");
  }

  #showGrown(): void {
    this.#frame = 0;
    for (const id of this.#grown) {
      const element = this.querySelector<TurnElement>(`#turn-${id}`);
      const turn = this.state.turns.find((candidate) => candidate.id === id);
      if (element !== null && turn !== undefined) {
        // The first words replace "Reading…" or "Thinking…", and thoughts are shown by the element itself.
        if (element.querySelector(".waiting") !== null) {
          element.requestUpdate();
        }
        element.renderNow();
        element.showText();
      }
    }
    this.#grown.clear();
  }

  #toEnd(): void {
    const log = this.#log;
    if (this.#follows && log !== null) {
      // An empty conversation shows hints; they are shown from their beginning.
      log.scrollTop = this.state.turns.length === 0 ? 0 : log.scrollHeight;
    }
  }

  #onScroll(): void {
    const log = this.#log;
    if (log !== null) {
      this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    }
  }

  /** A screen reader reads the answer once it is complete, not word by word. */
  #announce(turn: State["turns"][number]): void {
    if (turn.role === "assistant") {
      const said = shownState(turn, true);
      this.#announcement = said === "writing" ? "Sterna is answering" : `Sterna: ${turn.text || turn.note}`;
    }
  }

  #onCode({ action, code, language }: CodeEvent, turn: number | undefined): void {
    switch (action) {
      case "copy":
        this.#send({ type: "copy", text: code });
        break;
      case "newFile":
        this.#send({ type: "newFile", code, language });
        break;
      case "insert":
        this.#send({ type: "insert", code });
        break;
      case "apply":
        this.#send({ type: "apply", code, ...(turn !== undefined && { turn }) });
    }
  }

  #onLink(event: Event): void {
    const link = (event.target as Element).closest<HTMLElement>("a[data-address]");
    if (link?.dataset.address !== undefined) {
      event.preventDefault();
      this.#send({ type: "link", address: link.dataset.address });
    }
  }

  #onSend(event: CustomEvent<FromPage>): void {
    event.stopPropagation();
    this.#send(event.detail);
  }

  #send(message: FromPage): void {
    this.dispatchEvent(new CustomEvent("to-host", { detail: message }));
  }
}
customElements.define("sterna-chat", ChatElement);
