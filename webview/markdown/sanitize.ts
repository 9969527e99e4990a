/**
 * The only way in which markup made from a model's text gets into the page: known elements, hardly any attributes,
 * nothing that could load or run.
 */
import purify from "dompurify";

const ELEMENTS = "p br hr h3 h4 h5 h6 ul ol li blockquote pre code em strong s table thead tbody tr th td a span".split(
  " ",
);
const ATTRIBUTES = ["class", "start", "data-address", "data-language"];

export function sanitized(html: string): DocumentFragment {
  const fragment = purify.sanitize(html, {
    ALLOWED_TAGS: ELEMENTS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_NAMESPACES: ["http://www.w3.org/1999/xhtml"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const element of fragment.querySelectorAll("[class]")) {
    // Classes for the colours of code are allowed, and none of the page's own.
    const isColour =
      element.tagName === "SPAN" && element.className.split(" ").every((name) => /^(hljs-|\w+_$)/.test(name));
    if (!isColour) {
      element.removeAttribute("class");
    }
  }
  return fragment;
}
