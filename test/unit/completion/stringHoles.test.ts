import { overlap } from "../../../engine/completion/filters/suffixOverlap.ts";
import { table } from "../support/filterTable.ts";

table(
  "overlap with quotes in the holes of strings",
  overlap,
  [
    ['f"{d["k"]^} {e}"', "!r", 'f"{d["k"]!r} {e}"'],
    ['f"{d["^"]} {e}"', 'k"]}', 'f"{d["k"]} {e}"'],
    ['f"{d[^]} {e}"', '"k"]', 'f"{d["k"]} {e}"'],
    ['print(f"{d["k"]^")', '}")', 'print(f"{d["k"]}")'],
    ['print(f"{d["k"]^}")', ":>4}", 'print(f"{d["k"]:>4}")'],
    ['print(f"{d["k"]} ^")', '{e["l"]}', 'print(f"{d["k"]} {e["l"]}")'],
    ['print(f"{d["k"]} {^}")', 'e["l"]}")', 'print(f"{d["k"]} {e["l"]}")'],
    ['print(f"{^")', 'x}")', 'print(f"{x}")'],
    ['f"{x:#>^}" + f(', "4", 'f"{x:#>4}" + f('],
  ],
  "python",
);
