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
