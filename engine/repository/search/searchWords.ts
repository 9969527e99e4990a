/**
 * Splits code and questions into the words that the search compares. Identifiers are split at changes of case,
 * underscores and digits, and the endings of plurals and verbs are removed on both sides.
 */

/** A name in code, or a word of a question. Everything outside ASCII counts as a letter. */
const NAME = /[A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff]*/g;
/** "HTTPServer2Error" -> HTTP, Server, Error. */
const PART = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\u0080-\uffff]+/g;
/** Only this many characters of a name are used, because longer names are data. */
const LONGEST = 60;

/** Words that do not help to find anything. */
const STOP_WORDS = new Set(
  (
    "a an and any are as at be because been but by can could did do does doing don done for from get gets got had has have " +
    "how i if in into is isn it its just let like make makes me more my need no not now of off on one only or our out please " +
    "s should show so some t tell than that the their them then there these they this to too up us use used uses using want " +
    "was we were what when where which while who why will with work works would you your explain code file files project " +
    "repository repo codebase workspace"
  ).split(" "),
);

/** All words of a text in order; the parts of a name come before the whole name. */
export function codeWords(text: string): string[] {
  const words: string[] = [];
  for (const [name] of text.matchAll(NAME)) words.push(...wordsOfName(name));
  return words;
}

/** The words of a question that say what it is about, without duplicates. */
export function questionWords(question: string): string[] {
  const words = new Set<string>();
  for (const [name] of question.matchAll(NAME)) {
    if (!STOP_WORDS.has(name.toLowerCase())) for (const word of wordsOfName(name)) words.add(word);
  }
  return [...words];
}

const known = new Map<string, readonly string[]>();
const MOST_KNOWN = 50_000;

/**
 * The parts of a name, followed by the whole name if it has several. Names occur again and again, so results are kept.
 */
export function wordsOfName(name: string): readonly string[] {
  let words = known.get(name);
  if (words === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    words = splitName(name);
    known.set(name, words);
  }
  return words;
}

function splitName(name: string): string[] {
  const parts = (name.slice(0, LONGEST).match(PART) ?? []).filter((part) => part.length > 1);
  const stems = parts.map((part) => stem(part.toLowerCase()));
  return parts.length > 1 ? [...stems, parts.join("").toLowerCase()] : stems;
}

/**
 * The stem of a word. "parsers", "parsed" and "parsing" have the same one; "indices" and "indexing" may have different
 * ones.
 */
export function stem(word: string): string {
  const base = word.length > 4 && word.endsWith("ies") ? `${word.slice(0, -3)}y` : word;
  const single = base.length > 3 && base.endsWith("s") && !/(ss|us|is)$/.test(base) ? base.slice(0, -1) : base;
  const verb = single.length > 5 ? single.replace(/(?:ing|ed|er|or)$/, "") : single;
  const short = verb.length < 4 ? single : verb;
  // So that "running" equals "run", and "caching" equals "cache".
  const undoubled = short !== single && /([^aeiouls])\1$/.test(short) ? short.slice(0, -1) : short;
  return undoubled.length > 3 && undoubled.endsWith("e") ? undoubled.slice(0, -1) : undoubled;
}
