/**
 * What Sterna knows about each language, in one table: how its comments and strings look, what opens a block, and which
 * files belong to it. A language that is not listed gets {@link UNKNOWN}, for which no brackets or strings are counted.
 */
import * as syntax from "./syntaxes.ts";

/** How documentation is written. */
export interface DocStyle {
  /** Mark before the first line of the text. */
  readonly open: string;
  /** Mark before each line of the text. */
  readonly line: string;
  /** Mark after the last line of the text. */
  readonly close: string;
  /** Whether the documentation is below the first line of what it documents, as in Python. */
  readonly below: boolean;
}

export interface Language {
  /** Identifiers as VS Code gives them; the first one is the language's own. */
  readonly ids: readonly string[];
  /** Lower-case file name extensions with the dot; a file with one of them gets the first id. */
  readonly extensions: readonly string[];
  /** Name of the language's family; files of one family may copy from one another. */
  readonly family: string;
  /** The marks before and after the text of a one-line comment. */
  readonly comment: readonly [string, string];
  /** Whether the language has comments at all; {@link comment} is the most common form where it has none. */
  readonly hasComments: boolean;
  /** Whether the language is prose, in which sentences, fences and quotes are part of the text itself. */
  readonly isProse: boolean;
  /** Whether a colon at the end of a line opens a block. */
  readonly opensBlockWithColon: boolean;
  readonly doc: DocStyle;
  /** The name of the file that holds a file's tests, without its extension; `*` represents the file's own name. */
  readonly testFile: string;
  /** The syntax for the scanner; undefined when too little is known to count brackets or to find strings. */
  readonly syntax: syntax.Syntax | undefined;
}

const BLOCK_DOC: DocStyle = { open: "/**", line: " * ", close: " */", below: false };
const lineDoc = (line: string): DocStyle => ({ open: "", line, close: "", below: false });
const SLASHES = ["// ", ""] as const;
const HASH = ["# ", ""] as const;
const DASHES = ["-- ", ""] as const;
const SEMICOLONS = [";; ", ""] as const;
const PERCENT = ["% ", ""] as const;
const MARKUP = ["<!-- ", " -->"] as const;
const QUOTE = ['" ', ""] as const;
const BRACE_HASH = ["{# ", " #}"] as const;

type Row = Partial<Omit<Language, "ids" | "extensions">>;

/** @param ids identifiers and extensions, each list separated by blanks. */
function row(ids: string, extensions: string, rest: Row = {}): Language {
  const all = ids.split(" ");
  const endings = extensions.split(" ").filter((ending) => ending !== "");
  return {
    ids: all,
    extensions: endings,
    family: all[0] ?? "",
    comment: SLASHES,
    hasComments: true,
    isProse: false,
    opensBlockWithColon: false,
    doc: BLOCK_DOC,
    testFile: "*.test",
    syntax: undefined,
    ...rest,
  };
}

const script = (ids: string, extensions: string) =>
  row(ids, extensions, { family: "javascript", syntax: syntax.JAVASCRIPT });
const hash = (ids: string, extensions: string, rest: Row = {}) => row(ids, extensions, { comment: HASH, ...rest });
const markup = (ids: string, extensions: string, comment: Language["comment"] = MARKUP, family = "html") =>
  row(ids, extensions, { family, comment, syntax: syntax.MARKUP });
const prose = (ids: string, extensions: string, rest: Row = {}) => row(ids, extensions, { isProse: true, ...rest });

export const LANGUAGES: readonly Language[] = [
  script("typescript", ".ts .mts .cts"),
  script("typescriptreact", ".tsx"),
  script("javascript", ".js .mjs .cjs"),
  script("javascriptreact", ".jsx"),
  script("qml", ".qml"),
  markup("vue", ".vue", MARKUP, "javascript"),
  markup("svelte", ".svelte", MARKUP, "javascript"),
  markup("astro", ".astro", MARKUP, "javascript"),
  markup("html vue-html", ".html .htm"),
  markup("handlebars", ".hbs .handlebars", ["{{!-- ", " --}}"]),
  markup("razor aspnetcorerazor", ".cshtml .razor", ["@* ", " *@"]),
  markup("django-html jinja-html jinja twig nunjucks", ".twig .jinja .j2", BRACE_HASH),
  markup("blade", "", ["{{-- ", " --}}"]),
  markup("erb html-eex eex", ".erb .eex", ["<%# ", " %>"]),
  markup("phoenix-heex", ".heex", ["<%!-- ", " --%>"]),
  markup("xml xsl", ".xml .svg .xsl .csproj .fsproj .vbproj .props .targets .xaml .plist .xsd", MARKUP, "xml"),
  row("pug jade", ".pug .jade", { comment: ["//- ", ""] }),
  row("haml", ".haml", { comment: ["-# ", ""] }),
  row("slim", ".slim", { comment: ["/ ", ""] }),
  row("css postcss tailwindcss", ".css .pcss", { family: "css", comment: ["/* ", " */"], syntax: syntax.CSS }),
  row("scss", ".scss", { family: "css", syntax: syntax.SCSS }),
  row("sass stylus", ".sass .styl", { family: "css" }),
  row("less", ".less", { family: "css", syntax: syntax.SCSS }),
  row("json jsonl", ".json", { hasComments: false, syntax: syntax.JSON_LIKE }),
  row("jsonc json5 snippets", ".jsonc .json5", { family: "json", syntax: syntax.JSON_LIKE }),
  hash("python", ".py .pyi", {
    opensBlockWithColon: true,
    doc: { open: '"""', line: "", close: '"""', below: true },
    testFile: "test_*",
    syntax: syntax.PYTHON,
  }),
  hash("cython", ".pyx .pxd", { opensBlockWithColon: true, family: "python", syntax: syntax.PYTHON }),
  hash("starlark bazel", ".bzl .star", { opensBlockWithColon: true, family: "python", syntax: syntax.PYTHON }),
  // Kinds of files in YAML for which editors have a language of their own.
  hash("yaml dockercompose github-actions-workflow azure-pipelines ansible helm home-assistant esphome", ".yml .yaml", {
    opensBlockWithColon: true,
    syntax: syntax.YAML,
  }),
  hash("toml", ".toml", { syntax: syntax.TOML }),
  row("c", ".c .h", { family: "c", testFile: "*_test", syntax: syntax.C }),
  row("hlsl glsl shaderlab", ".hlsl .glsl .vert .frag .shader", { family: "shaders", syntax: syntax.C }),
  row("wgsl", ".wgsl", { family: "shaders" }),
  row("cpp cuda-cpp cuda cpp_embedded_latex", ".cc .cpp .cxx .hpp .hh .cu .inc", {
    family: "c",
    testFile: "*_test",
    syntax: syntax.CPP,
  }),
  row("objective-c objective-cpp", ".m .mm", { family: "c", syntax: syntax.C }),
  row("csharp", ".cs", { doc: lineDoc("/// "), testFile: "*Tests", syntax: syntax.CSHARP }),
  row("java", ".java", { testFile: "*Test", syntax: syntax.JAVA }),
  row("kotlin", ".kt .kts", { testFile: "*Test", syntax: syntax.KOTLIN }),
  row("scala", ".scala", { testFile: "*Test", syntax: syntax.SCALA }),
  row("groovy", ".groovy .gradle", { syntax: syntax.GROOVY }),
  row("dart", ".dart", { doc: lineDoc("/// "), testFile: "*_test", syntax: syntax.DART }),
  row("swift", ".swift", { doc: lineDoc("/// "), testFile: "*Tests", syntax: syntax.SWIFT }),
  row("go", ".go", { doc: lineDoc("// "), testFile: "*_test", syntax: syntax.GO }),
  row("rust", ".rs", { doc: lineDoc("/// "), testFile: "*_test", syntax: syntax.RUST }),
  row("d", "", { doc: lineDoc("/// ") }),
  row("haxe", ".hx"),
  row("pascal delphi objectpascal", ".pas .dpr", { family: "pascal", doc: lineDoc("/// ") }),
  row("solidity", ".sol", { doc: lineDoc("/// "), syntax: syntax.C_LIKE }),
  row("proto proto3 protobuf", ".proto", { doc: lineDoc("// "), syntax: syntax.C_LIKE }),
  row("prisma", ".prisma", { doc: lineDoc("/// "), syntax: syntax.C_LIKE }),
  row("apex", ".apex", { syntax: syntax.C_LIKE }),
  row("verilog systemverilog", ".sv .svh", { doc: lineDoc("// ") }),
  row("bicep", ".bicep", { doc: lineDoc("// ") }),
  row("gleam", ".gleam", { doc: lineDoc("/// ") }),
  row("reason rescript", ".re .rei .res .resi"),
  row("gdshader", ".gdshader", { syntax: syntax.C_LIKE }),
  row("zig", ".zig", { doc: lineDoc("/// ") }),
  row("fsharp", ".fs .fsi .fsx", { doc: lineDoc("/// ") }),
  row("ocaml ocaml.interface ocaml.ocamllex ocaml.menhir", ".ml .mli", { comment: ["(* ", " *)"] }),
  row("vb", ".vb", { comment: ["' ", ""], doc: lineDoc("''' ") }),
  row("bat", ".bat .cmd", { comment: ["REM ", ""] }),
  row("php", ".php", { testFile: "*Test", syntax: syntax.PHP }),
  hash("ruby", ".rb .rake", { doc: lineDoc("# "), testFile: "*_test", syntax: syntax.RUBY }),
  hash("shellscript", ".sh .bash .zsh", { doc: lineDoc("# "), syntax: syntax.SHELL }),
  hash("nginx caddyfile puppet", ".pp"),
  hash("just meson gn", ""),
  hash("tcl awk", ".tcl .awk"),
  hash("powershell", ".ps1 .psm1"),
  hash("perl perl6 raku", ".pl .pm"),
  hash("r", ".r", { syntax: syntax.R }),
  hash("julia", ".jl"),
  hash("elixir", ".ex .exs", { syntax: syntax.ELIXIR }),
  hash("nim", ".nim", { opensBlockWithColon: true }),
  hash("gdscript", ".gd", { opensBlockWithColon: true, doc: lineDoc("## ") }),
  hash("terraform terraform-vars terraform-stack hcl opentofu opentofu-vars dockerbake", ".tf .tfvars .hcl"),
  hash("graphql", ".graphql .gql"),
  hash("fish", ".fish"),
  hash("crystal", ".cr"),
  hash("coffeescript", ".coffee"),
  hash("cmake", ".cmake", { syntax: syntax.HASH_ONLY }),
  hash("nix", ".nix"),
  hash("dockerfile", ".dockerfile", { syntax: syntax.HASH_ONLY }),
  hash("makefile", ".mk", { syntax: syntax.HASH_ONLY }),
  hash(
    "ini properties gitignore ignore dotenv editorconfig spring-boot-properties ssh_config",
    ".ini .cfg .properties",
    { syntax: syntax.HASH_ONLY },
  ),
  row("sql plsql pgsql postgres mysql jinja-sql", ".sql", { comment: DASHES, syntax: syntax.SQL }),
  row("lua", ".lua", { comment: DASHES, doc: lineDoc("--- "), syntax: syntax.LUA }),
  row("haskell", ".hs", { comment: DASHES, syntax: syntax.HASKELL }),
  row("elm", ".elm", { comment: DASHES, syntax: syntax.HASKELL }),
  row("purescript", ".purs", { comment: DASHES, syntax: syntax.HASKELL }),
  row("vhdl", ".vhd .vhdl", { comment: DASHES }),
  row("ada", ".adb .ads", { comment: DASHES }),
  row("clojure", ".clj .cljs", { comment: SEMICOLONS, syntax: syntax.CLOJURE }),
  row("lisp scheme commonlisp racket elisp", ".lisp .el .scm", { comment: SEMICOLONS, syntax: syntax.LISP }),
  row("wat", ".wat", { comment: SEMICOLONS }),
  row("asm nasm", ".asm", { comment: ["; ", ""] }),
  row("abap", ".abap", { comment: QUOTE }),
  row("viml vim", ".vim", { comment: QUOTE }),
  row("fortran FortranFreeForm FortranFixedForm fortran-modern", ".f90 .f95 .f03 .f08", { comment: ["! ", ""] }),
  row("cobol", ".cob .cbl", { comment: ["*> ", ""] }),
  row("erlang", ".erl", { comment: PERCENT }),
  row("matlab", "", { comment: PERCENT }),
  prose("latex tex doctex latex-expl3", ".tex", { comment: PERCENT }),
  prose("bibtex", "", { comment: PERCENT }),
  prose("typst", ".typ"),
  prose("markdown mdx quarto rmd juliamarkdown prompt instructions chatagent skill", ".md .mdx .markdown", {
    comment: MARKUP,
  }),
  prose("plaintext log search-result", ".txt", { hasComments: false }),
  row("diff csv tsv", "", { hasComments: false }),
  prose("restructuredtext", ".rst", { comment: [".. ", ""] }),
  prose("asciidoc", ".adoc"),
  prose("git-commit git-rebase", "", { comment: HASH }),
];

export const UNKNOWN: Language = row("unknown", "");

const BY_ID = new Map(LANGUAGES.flatMap((language) => language.ids.map((id) => [id, language])));
const BY_EXTENSION = new Map(LANGUAGES.flatMap((language) => language.extensions.map((ending) => [ending, language])));

/** @param languageId as VS Code gives it. */
export function languageOf(languageId: string): Language {
  return BY_ID.get(languageId) ?? UNKNOWN;
}

/** The language of a file by its name; {@link UNKNOWN} when the name does not determine one. */
export function languageOfPath(path: string): Language {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return BY_EXTENSION.get(name.slice(Math.max(0, name.lastIndexOf(".")))) ?? UNKNOWN;
}

/** The identifier that VS Code would give a file by its name; "unknown" when the name does not determine one. */
export function languageIdOfPath(path: string): string {
  return languageOfPath(path).ids[0] ?? "unknown";
}

/** Whether a document may copy from one of another language: TypeScript from TSX, C from C++. */
export function isSameFamily(one: string, other: string): boolean {
  return one === other || (BY_ID.has(one) && languageOf(one).family === languageOf(other).family);
}

/** One line of text as a comment of the language; unknown languages get the most common form. */
export function commentLine(languageId: string, text: string): string {
  const [before, behind] = languageOf(languageId).comment;
  return `${before}${text}${behind}`;
}

const BLOCK_OPENER = /(?:\{|=>|\b(?:do|then|begin))\s*$/;

/** Whether a line ends with something that opens a block. */
export function opensBlock(line: string, languageId: string): boolean {
  return BLOCK_OPENER.test(line) || (languageOf(languageId).opensBlockWithColon && /:\s*$/.test(line));
}

/**
 * The path of the file that holds a file's tests, by the conventions of its language.
 *
 * @param path with forward slashes.
 */
export function testFileOf(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  const name = path.slice(slash);
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  return `${path.slice(0, slash)}${languageOfPath(path).testFile.replace("*", stem)}${extension}`;
}
