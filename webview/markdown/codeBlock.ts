/** A block of code with its buttons. Pressing one dispatches an event, which the chat handles. */
import { icon } from "../icons.ts";
import { highlighted } from "./highlight.ts";
import { visible } from "./visible.ts";

export type CodeAction = "copy" | "insert" | "newFile" | "apply";

export interface CodeEvent {
  action: CodeAction;
  code: string;
  language: string;
}

const ACTIONS: [CodeAction, string][] = [
  ["copy", "Copy code"],
  ["insert", "Insert at cursor"],
  ["newFile", "Open in a new file"],
  ["apply", "Apply as a change to the editor"],
];

export interface CodeBlock {
  element: HTMLElement;
  /** @param whole whether the code is complete. */
  show(code: string, whole: boolean): void;
}

export function createCodeBlock(language: string): CodeBlock {
  const element = document.createElement("div");
  element.className = "code";
  const bar = document.createElement("div");
  bar.className = "bar";
  const name = document.createElement("span");
  name.textContent = language;
  const buttons = document.createElement("span");
  buttons.className = "buttons";
  bar.append(name, buttons);
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", language === "" ? "Code" : `Code, ${language}`);
  pre.dir = "ltr";
  const code = document.createElement("code");
  /** The line that is still being written. */
  const tail = document.createTextNode("");
  pre.append(code);
  element.append(bar, pre);
  let text = "";
  /** The offset, at a line's end, up to which the code is coloured. */
  let coloured = 0;

  for (const [action, label] of ACTIONS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icon";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.append(icon(action));
    button.addEventListener("click", () => {
      const detail: CodeEvent = { action, code: text, language };
      button.dispatchEvent(new CustomEvent("code", { bubbles: true, detail }));
    });
    buttons.append(button);
  }

  return {
    element,
    show(all, whole) {
      text = all;
      const end = whole ? all.length : all.lastIndexOf("\n") + 1;
      if (end !== coloured) {
        const lines = visible(all.slice(0, end));
        code.replaceChildren(highlighted(lines, language.toLowerCase()) ?? lines, tail);
        coloured = end;
      }
      const rest = visible(all.slice(end));
      if (tail.data !== rest) {
        tail.data = rest;
      }
    },
  };
}
