import { overlap } from "../../../engine/completion/filters/suffixOverlap.ts";
import { table } from "../support/filterTable.ts";

table(
  "a `>` behind the cursor is written over only by one that closes what is before",
  overlap,
  [
    ["  FMT_ENABLE_IF(is_compiled_string^>", "<S>::value)", "  FMT_ENABLE_IF(is_compiled_string<S>::value)>"],
    ["std::vector<^>", "int>", "std::vector<int>"],
    ["std::vector<^>", "std::pair<int, int>", "std::vector<std::pair<int, int>>"],
  ],
  "c",
);

table(
  "a quoted `>` closes nothing",
  overlap,
  [
    [
      `export OPTS="--no-scrollbar^>'"`,
      " --pointer '>' --marker '",
      `export OPTS="--no-scrollbar --pointer '>' --marker '>'"`,
    ],
  ],
  "shellscript",
);

table(
  "quotes behind a backslash are part of a string",
  overlap,
  [
    [
      `'ACCEPT' => 'image;quoted="^"'`,
      `0.25";chartest="\\";,\\x`,
      `'ACCEPT' => 'image;quoted="0.25";chartest="\\";,\\x"'`,
    ],
  ],
  "ruby",
);

table(
  "a quote in a class of characters begins no string",
  overlap,
  [[`a = b(r"'([^'")`, `^']+)`, `a = b(r"'([^']+)'")`]],
  "python",
);

table(
  "a list that is left open is no class of characters",
  overlap,
  [['        f\' "a^)]"', '" [] >>= g "b [(0,2),(2,4', '        f\' "a" [] >>= g "b [(0,2),(2,4)]"']],
  "haskell",
);

table(
  "nor is a list of one string",
  overlap,
  [["      f(`^`'],", "_push`, ['`<!---->", "      f(`_push`, ['`<!---->`'],"]],
  "typescript",
);

table(
  "an operator between marks is no bracket",
  overlap,
  [["    F.combineK(a, F.^> a", "empty) <-> a", "    F.combineK(a, F.empty) <-> a"]],
  "scala",
);

table(
  "blanks that end the line are not written twice",
  overlap,
  [['"""a\n\nWith^:   \n"""', " blanks:   ", '"""a\n\nWith blanks:   \n"""']],
  "python",
);

table(
  "parentheses in a class of characters have no partner",
  overlap,
  [
    [
      'a = r"""\n(?:\\x1b([(@-Z\\\\-_]|\\[[0-?]*[ -/]*[@^))',
      "-~]))",
      'a = r"""\n(?:\\x1b([(@-Z\\\\-_]|\\[[0-?]*[ -/]*[@-~]))',
    ],
  ],
  "python",
);

table(
  "a name in brackets and quotes is no class of characters",
  overlap,
  [
    [
      `  await run('export const foo = import.^"];'),`,
      `meta.env["UNKNOWN`,
      `  await run('export const foo = import.meta.env["UNKNOWN"];'),`,
    ],
  ],
  "typescript",
);

table(
  "a `>` behind a comma closes nothing",
  overlap,
  [
    ['a = @r#"\n[cols="<,^>,>"]\n"#;', ">,", 'a = @r#"\n[cols="<,>,>,>"]\n"#;'],
    ['a = @r#"\n[cols="<,>^,>"]\n"#;', ",>,>", 'a = @r#"\n[cols="<,>,>,>,>"]\n"#;'],
    ['a = @r#"\n[cols=^,>"]\n"#;', '"<,>,>,>', 'a = @r#"\n[cols="<,>,>,>,>"]\n"#;'],
    ['a = @r#"\n[cols="<,^>,>"]\n"#;', '>,>"]', "<repeats-suffix>"],
  ],
  "rust",
);

table(
  "a quoted bracket in a comment has no partner",
  overlap,
  [["a\n  #   node.loc_is?(^)", ":begin, '(')", "a\n  #   node.loc_is?(:begin, '(')"]],
  "ruby",
);
