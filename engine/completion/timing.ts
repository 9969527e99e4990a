/**
 * When the model is asked after a keystroke.
 */

/** Milliseconds to wait: none when the user asked by hand. */
export function debounceFor(trigger: "automatic" | "manual", configured: number): number {
  return trigger === "manual" ? 0 : Math.max(0, configured);
}
