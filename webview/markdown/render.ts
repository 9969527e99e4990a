/**
 * Renders Markdown to elements. Raw HTML becomes text, images become links, and a click on a link opens nothing by
 * itself.
 */
import MarkdownIt from "markdown-it";
import { createCodeBlock } from "./codeBlock.ts";
import { withLongFences } from "./nestedFences.ts";
import { sanitized } from "./sanitize.ts";
import { visible } from "./visible.ts";

/** Lists nested deeper than this are shown as text. */
const DEEPEST = 20;

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: DEEPEST });
// An image would be loaded from whatever address the text gives. With the rule off it becomes "!" and a link.
markdown.disable("image");
markdown.validateLink = (address) => /^https?:\/\//i.test(address.trim());
markdown.renderer.rules.link_open = (tokens, index) => {
  const address = String(tokens[index]?.attrGet("href") ?? "");
  return `<a data-address="${markdown.utils.escapeHtml(address)}">`;
};
// The highest levels of headings belong to the page and to the turns.
markdown.core.ruler.push("headings", (state) => {
  for (const token of state.tokens) {
    if (token.type === "heading_open" || token.type === "heading_close") {
      token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 2)}`;
    }
    // markdown-it gives the alignment of a table's columns as a style attribute.
    token.attrs = token.attrs?.filter(([name]) => name !== "style") ?? null;
  }
});
const fence = (content: string, language: string) =>
  `<pre data-language="${markdown.utils.escapeHtml(language)}"><code>${markdown.utils.escapeHtml(content)}</code></pre>\n`;
markdown.renderer.rules.fence = (tokens, index) =>
  fence(tokens[index]?.content ?? "", tokens[index]?.info.trim().split(/\s+/)[0] ?? "");
markdown.renderer.rules.code_block = (tokens, index) => fence(tokens[index]?.content ?? "", "");

export function renderMarkdown(text: string): DocumentFragment {
  const fragment = sanitized(markdown.render(visible(withLongFences(text))));
  for (const pre of fragment.querySelectorAll("pre")) {
    const block = createCodeBlock(pre.dataset.language ?? "");
    block.show((pre.textContent ?? "").replace(/\n$/, ""), true);
    pre.replaceWith(block.element);
  }
  for (const link of fragment.querySelectorAll<HTMLElement>("a")) {
    const address = link.dataset.address;
    if (address === undefined) {
      link.replaceWith(...link.childNodes);
      continue;
    }
    link.setAttribute("role", "link");
    link.tabIndex = 0;
    link.title = address;
  }
  for (const element of fragment.querySelectorAll("p, li, h3, h4, h5, h6, td, th, blockquote")) {
    element.setAttribute("dir", "auto");
  }
  for (const table of fragment.querySelectorAll("table")) {
    // A wide table scrolls inside its own element, also by the keyboard.
    const scroller = document.createElement("div");
    scroller.className = "table";
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    scroller.setAttribute("aria-label", "Table");
    table.replaceWith(scroller);
    scroller.append(table);
  }
  return fragment;
}
