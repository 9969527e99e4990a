/**
 * The switch per language: the language's own entry decides, else the entry "*", else suggestions are on.
 */
export function languageEnabled(languages: Record<string, boolean>, languageId: string): boolean {
  const own = Object.hasOwn(languages, languageId) ? languages[languageId] : undefined;
  return own ?? languages["*"] ?? true;
}
