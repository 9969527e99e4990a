/** One question or answer, with its buttons. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { type IconName, icon } from "../icons.ts";
import { isComposing } from "../keyboard.ts";
import { StreamedMarkdown } from "../markdown/stream.ts";
import { visible } from "../markdown/visible.ts";
import type { ChatTurn, FromPage } from "../messages.ts";
import { canContinue, details, remark, shownState } from "../state.ts";
import { LightElement } from "./light.ts";

export class TurnElement extends LightElement {
  static override properties = {
    turn: { attribute: false },
    alive: { attribute: false },
    canAsk: { attribute: false },
    isEditing: { state: true },
    showsDetails: { state: true },
  };
  declare turn: ChatTurn;
  declare alive: boolean;
  declare canAsk: boolean;
  declare isEditing: boolean;
  declare showsDetails: boolean;

  #markdown: StreamedMarkdown | undefined;
  /**
   * Whether the answer is near the visible part. One far from it is plain text, because rendering hundreds of answers
   * takes long.
   */
  #isNear = false;
  static #observer: IntersectionObserver | undefined;

  constructor() {
    super();
    this.isEditing = false;
    this.showsDetails = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.#isNear) {
      TurnElement.#observer ??= new IntersectionObserver(
        (entries) => {
          for (const { target, isIntersecting } of entries) {
            if (isIntersecting) {
              (target as TurnElement).renderNow();
            }
          }
        },
        { root: this.closest("#log"), rootMargin: "600px 0px" },
      );
      TurnElement.#observer.observe(this);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    TurnElement.#observer?.unobserve(this);
  }

  /** Renders the text, because it is about to be scrolled into view. */
  renderNow(): void {
    TurnElement.#observer?.unobserve(this);
    if (!this.#isNear) {
      this.#isNear = true;
      this.showText();
    }
  }

  /** Shows the text as it is now. */
  showText(): void {
    const element = this.querySelector<HTMLElement>(".text");
    if (element === null || this.isEditing) {
      return;
    }
    const { role, text } = this.turn;
    if (role === "user" || !this.#isNear) {
      element.textContent = visible(text);
      return;
    }
    if (this.#markdown === undefined) {
      element.replaceChildren();
      this.#markdown = new StreamedMarkdown(element);
    }
    element.classList.add("markdown");
    this.#markdown.show(text, shownState(this.turn, this.alive) !== "writing");
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("isEditing")) {
      const area = this.querySelector("textarea");
      area?.focus();
      area?.setSelectionRange(area.value.length, area.value.length);
    }
    if (changed.has("turn") || changed.has("alive") || changed.has("isEditing")) {
      this.showText();
    }
  }

  protected override render(): TemplateResult {
    const { turn } = this;
    const state = shownState(turn, this.alive);
    const isUser = turn.role === "user";
    const isThinking = turn.thoughts !== undefined && state === "writing" && turn.text === "";
    const said = isUser ? turn.note : remark(turn, this.alive);
    return html`<article class=${turn.role} aria-busy=${state === "writing"} aria-labelledby=${`who-${turn.id}`}>
      <h2 id=${`who-${turn.id}`}>${isUser ? "You" : "Sterna"}</h2>
      ${
        turn.attached.length > 0
          ? html`<ul class="attached" aria-label="Attached">${turn.attached.map((label, index) => this.#chip(label, index))}</ul>`
          : nothing
      }
      ${turn.thoughts === undefined ? nothing : this.#thoughts(turn.thoughts, isThinking)}
      ${this.isEditing ? this.#editor() : html`<div class="text" dir=${isUser ? "auto" : nothing}></div>`}
      ${state === "writing" && turn.text === "" && turn.thoughts === undefined ? html`<p class="waiting">Reading…</p>` : nothing}
      ${said === "" || isThinking ? nothing : html`<p class="note">${said}</p>`}
      ${state === "writing" || this.isEditing ? nothing : this.#actions(isUser)}
      ${this.showsDetails ? html`<p class="note details">${details(turn)}</p>` : nothing}
    </article>`;
  }

  /** What the model thought before its answer, folded: it is long, and seldom what one wants to read. */
  #thoughts(text: string, isThinking: boolean): TemplateResult {
    return html`<details class="thoughts">
      <summary class=${isThinking ? "waiting" : nothing}>${isThinking ? "Thinking…" : "Thoughts"}</summary>
      <div dir="auto">${visible(text.trim())}</div>
    </details>`;
  }

  /** Something attached, with a button that takes it out of what the model reads. */
  #chip(label: string, index: number): TemplateResult {
    const { id, canDetach } = this.turn;
    const shown = visible(label);
    const remove = `Remove ${shown}: the model no longer reads it`;
    return html`<li><span>${shown}</span>${
      canDetach === true
        ? html`<button type="button" class="icon" aria-label=${remove} title=${remove}
            @click=${() => this.tell("send", { type: "detachFrom", turn: id, index } satisfies FromPage)}>${icon("close")}</button>`
        : nothing
    }</li>`;
  }

  #actions(isUser: boolean): TemplateResult {
    const { turn } = this;
    const send = (message: FromPage) => () => this.tell("send", message);
    const button = (name: IconName, label: string, onClick: () => void, disabled = false) =>
      html`<button type="button" class="icon" title=${label} aria-label=${label} ?disabled=${disabled} @click=${onClick}>
        ${icon(name)}
      </button>`;
    const drop = button(
      "delete",
      isUser ? "Delete question and answer" : "Delete answer and question",
      send({ type: "delete", turn: turn.id }),
    );
    if (isUser) {
      return html`<div class="actions">
        ${button(
          "edit",
          "Edit and ask again",
          () => {
            this.isEditing = true;
          },
          !this.canAsk,
        )}
        ${drop}
      </div>`;
    }
    return html`<div class="actions">
      ${
        canContinue(turn, this.alive)
          ? html`<button type="button" class="small" ?disabled=${!this.canAsk}
              @click=${send({ type: "continue", turn: turn.id })}>${icon("continue")}Continue</button>`
          : nothing
      }
      ${button("copy", "Copy answer", send({ type: "copy", text: turn.text }), turn.text === "")}
      ${button("regenerate", "Write another answer", send({ type: "regenerate", turn: turn.id }), !this.canAsk)}
      ${
        turn.stats === undefined
          ? nothing
          : html`<button type="button" class="icon" title="Speed and time" aria-label="Speed and time"
              aria-expanded=${this.showsDetails}
              @click=${() => {
                this.showsDetails = !this.showsDetails;
              }}>${icon("info")}</button>`
      }
      ${drop}
    </div>`;
  }

  #editor(): TemplateResult {
    const close = () => {
      this.isEditing = false;
    };
    const save = () => {
      const text = this.querySelector("textarea")?.value.trim() ?? "";
      close();
      if (text !== "") {
        this.tell("send", { type: "edit", turn: this.turn.id, text } satisfies FromPage);
      }
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && !event.shiftKey && !isComposing(event)) {
        event.preventDefault();
        save();
      }
    };
    return html`<div class="editor">
      <textarea rows="3" aria-label="Your question" dir="auto" .value=${this.turn.text} @keydown=${onKey}></textarea>
      <div class="actions">
        <button type="button" class="primary" @click=${save}>Ask again</button>
        <button type="button" class="small" @click=${close}>Cancel</button>
      </div>
    </div>`;
  }
}
customElements.define("sterna-turn", TurnElement);
