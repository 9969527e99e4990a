/**
 * The switch per language: its own entry decides, else the entry "*"; without either, suggestions are on.
 */
export function isLanguageEnabled(languages: Record<string, boolean>, languageId: string): boolean {
  const own = Object.hasOwn(languages, languageId) ? languages[languageId] : undefined;
  return own ?? languages["*"] ?? true;
}
