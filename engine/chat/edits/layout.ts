/** How lines of code stand to one another: which may be deeper than the one above, and which have to be. */
import { languageOf } from "../../text/languages.ts";
import { commonIndent, indentOf, isBlank } from "../../text/lines.ts";
import { initialState, placeKind, scan, type Token } from "../../text/scanner.ts";
import { YAML } from "../../text/syntaxes.ts";

export interface LineLayout {
  /** It begins inside a string or a comment, or is a directive of the preprocessor: its indentation says nothing. */
  isFree: boolean;
  /** It may stand at the margin, however deep the code is: a directive of the preprocessor. */
  isFreeOfBlock: boolean;
  /** It is in a string that is part of a statement: its white space is the program's. A docstring moves with the code. */
  isInString: boolean;
  /** The line below it is deeper. */
  opens: boolean;
  /** The line below it may be deeper; below, it is then one step deeper, because a word opens a block. */
  mayOpen: boolean;
  opensWithWord: boolean;
  /** What is inside of it is as deep as it is, or deeper: a namespace. */
  isLoose: boolean;
  /** It ends an item between commas: the one below it is as deep. */
  endsItem: boolean;
  /** Columns that the mark of a list's item takes, "- " in YAML: what belongs to the item is as deep as its text. */
  mark: number;
  /** It ends in the middle of an expression: the line below it is mostly deeper. */
  breaksOff: boolean;
  /** It begins with a word that closes a block. */
  closesWithWord: boolean;
  /** It goes on with what the line above it has begun. A comment on a line of its own does so with the line below. */
  goesOn: boolean;
  /** It goes on with the head of a declaration: what it extends, for example. */
  isOfHead: boolean;
  /** Closing brackets that it begins with. */
  closers: number;
  /** Its other brackets: for one that opens its column after the indentation, "close" for one that closes. */
  brackets: (number | "close")[];
  /**
   * The column after the indentation behind which brackets belong to the value of a function with an arrow, where the
   * language's formatter lays that value out as an argument of its own; infinite where there is none.
   */
  arrow: number;
}

const DIRECTIVE =
  /^\s*#\s*(if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma|error|warning|region|endregion|line)\b/;
/** Directives that stand as deep as the code that they fold. */
const REGION = /^\s*#\s*(?:end)?region\b/;
/** The mark of an item in a list of YAML, or of text. */
const ITEM = /^\s*((?:(?:[-*+]|\d+[.)])\s+)+)\S/;
/** What goes on after a comma on the next line, deeper: a declaration with several parts, and not an item of a list. */
const DECLARES =
  /^\s*(?:(?:const|let|var)\s+[\w$]+\s*=|(?:\w+\s+)*(?:class|interface|object|struct|enum|record)\s+\w[^,]*(?:[:(<]|\b(?:extends|implements)\b)|(?:throws|extends|implements|return|select|using|from)\s+[\w$&*({"'`]|\)\s*(?::|(?:throws|extends|implements|where)\b))/i;
/** What the head of a declaration goes on with. */
const OF_HEAD = /^\s*(?:[:,]|->\s|(?:extends|implements|permits|throws|where|with)\b)/;
/** Where a statement does not end, or a block of words begins. */
const OPEN_END =
  /([,=\\+\-*/%&|<.]|\s[>?]|\b(and|or|not|in|return|do|then|begin|else|try|let|of|case|where|repeat|extends|implements)|\bdo\s*\|[^|]*\||\bfunction\s*[\w.:]*\([^()]*\))$/;
const WORD_BLOCK =
  /^[\w\s]*\b(?:def|class|module|if|unless|else|elsif|case|when|while|until|for|function|begin|rescue|ensure|fn|describe|it)\b/;
const NAMESPACE = /^\s*(?:export\s+)?(?:inline\s+)?(?:namespace\b|extern\s+"C").*\{$/;
/** A tag that has lines inside: none that is closed at once, or never. */
const TAG = /^\s*<(?![/!?]|(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)(?:[^>]*[^>/])?>?$/;
/** What begins a block of a template: `{{#each a}}`, `{#if a}`, `{% for a in b %}`, `<% a.each do |b| %>`. */
const TEMPLATE =
  /^\s*(?:\{\{[#^~]|\{[#:]\w|\{%-?\s*(?:if|elif|else|elsif|for|block|macro|call|filter|with|unless|case|when|capture)\b|<%.*(?:\bdo\b.*|\{|:|\belse|\bif\b.*)\s*-?%>)/;
/** What begins a clause of SQL, whose parts may stand below it. */
const CLAUSE = /^\s*(?:select|from|where|group by|order by|having|set|values|union|with|returning|on|partition by)\b/i;
/** Languages in which whatever is deeper goes on with the line above it. */
const BY_DEPTH = /^(?:haskell|purescript|elm|fsharp|ocaml.*|coffeescript)$/;
/** Languages whose blocks end with a word, and the word. */
const END_WORDS = /^(?:lua|ruby|crystal|elixir|julia|shellscript|fish|matlab)$/;
const END_WORD = /^\s*(?:end|fi|done|esac)\b/;
const GOES_ON = /^([.?:&|+*/%<>=,)\]}]|-[^-]|(and|or|else|elif|except|finally|catch|extends|implements|where)\b)/;

/** The tag of an element, which goes on with nothing. */
const ELEMENT = /^\s*<\/?[A-Za-z][\w.:-]*(?:\s[^<]*)?>/;

/** @param from what is open where the lines begin. */
export function layoutOf(lines: readonly string[], languageId: string, from = initialState()): LineLayout[] {
  const { comment, isProse, syntax } = languageOf(languageId);
  const hasLists = isProse || syntax === YAML;
  let state = from;
  let isOwnText = true;
  let isDirective = false;
  let isOfDirective = false;
  const layout = lines.map((line, index): LineLayout & { isRemark: boolean } => {
    const kind = placeKind(state);
    const { tokens, state: next } = scan(`${line}\n`, languageId, state);
    const isComment = tokens[0]?.kind === "comment" && isBlank(line.slice(0, tokens[0].start));
    const isHashComment = comment[0].startsWith("#") || isComment;
    // A directive that ends in a backslash goes on on the next line.
    const goesOn = isDirective && lines[index - 1]?.endsWith("\\") === true;
    isDirective = kind === "code" && !isHashComment && !isProse && (goesOn || DIRECTIVE.test(line));
    // A comment that begins behind a directive goes on where it is.
    isOfDirective = isDirective || (isOfDirective && kind === "comment");
    if (kind !== "string" && placeKind(next) === "string") {
      isOwnText = /^\s*\w{0,2}$/.test(line.slice(0, tokens.at(-1)?.start));
    }
    state = next;
    // Where the scanner does not know the comments, a line of one is known by its mark.
    const isMarked = syntax === undefined && !isProse && line.trimStart().startsWith(comment[0].trim());
    const code = kind === "code" && !isDirective && !isMarked ? withoutComment(line, tokens).trimEnd() : "";
    const other = tokens.findIndex((token) => token.kind !== "close");
    const leading = other === -1 ? tokens.length : other;
    const mark = hasLists && kind === "code" ? (ITEM.exec(line)?.[1]?.length ?? 0) : 0;
    // What is in a namespace is often no deeper.
    // In Nix a colon stands behind a parameter, and the body may be as deep as it.
    const opens = (languageId === "nix" ? /[([{]$/ : /[([{:]$|=>$|->$/).test(code) && !NAMESPACE.test(code);
    return {
      isFree: isBlank(line) || kind !== "code" || isDirective,
      isFreeOfBlock: isOfDirective && !REGION.test(line),
      isInString: kind === "string" && !isOwnText,
      opens,
      isLoose: NAMESPACE.test(code),
      endsItem: code.endsWith(",") && syntax !== undefined && !DECLARES.test(code),
      mark,
      breaksOff: !hasLists && /([=\\+*/%&|]|\s\?|\b(and|or|return))$/.test(code),
      opensWithWord: !opens && WORD_BLOCK.test(code) && !/[,=\\+\-*/%&|<.]$/.test(code),
      mayOpen:
        opens ||
        (isProse && mark > 0) ||
        mayOpen(code, languageId) ||
        TAG.test(line) ||
        TEMPLATE.test(line) ||
        placeKind(next) !== "code",
      closesWithWord: END_WORDS.test(languageId) && END_WORD.test(code),
      goesOn: mark === 0 && GOES_ON.test(line.trimStart()) && !ELEMENT.test(line),
      isOfHead: OF_HEAD.test(code),
      isRemark: kind === "code" && code === "" && (tokens.length > 0 || isMarked),
      closers: leading,
      brackets: bracketsOf(tokens.slice(leading), line),
      arrow: arrowOf(code, languageId),
    };
  });
  for (let index = layout.length - 1, goesOn = false; index >= 0; index--) {
    const line = layout[index];
    if (line === undefined || (line.isFree && !line.isRemark)) continue;
    if (line.isRemark) line.goesOn = goesOn;
    else goesOn = line.goesOn;
  }
  return layout;
}

/** Whether what ends this code, or is in it, lets the line below be deeper. */
function mayOpen(code: string, languageId: string): boolean {
  return (
    (BY_DEPTH.test(languageId) && code !== "") ||
    (languageId === "nix" && /[^\s;]$/.test(code)) ||
    code.endsWith(":") ||
    (languageId.endsWith("sql") && CLAUSE.test(code)) ||
    NAMESPACE.test(code) ||
    OPEN_END.test(code) ||
    WORD_BLOCK.test(code)
  );
}

function bracketsOf(tokens: readonly Token[], line: string): (number | "close")[] {
  return tokens.flatMap(({ kind, start }): (number | "close")[] => {
    if (kind === "open") return [start - indentOf(line).length];
    return kind === "close" ? ["close"] : [];
  });
}

function arrowOf(code: string, languageId: string): number {
  const at = languageId === "dart" ? code.indexOf("=>") : -1;
  return at === -1 ? Number.POSITIVE_INFINITY : at - indentOf(code).length;
}

function withoutComment(line: string, tokens: readonly Token[]): string {
  const last = tokens.at(-1);
  return last?.kind === "comment" ? line.slice(0, last.start) : line;
}

/** White space that all lines begin with whose indentation says something. */
export function codeIndent(lines: readonly string[], layout: readonly LineLayout[]): string {
  const code = lines.filter((_, index) => layout[index]?.isFree === false);
  return commonIndent(code.length > 0 ? code : lines);
}

/** Columns of white space, a tab counted as so many. */
export function widthOf(indent: string, tab: number): number {
  return indent.replaceAll("\t", " ".repeat(tab)).length;
}
