/** Where the tests of a file stand, by the habits of its language. */
import { posix } from "node:path";

const BESIDE: Record<string, (name: string) => string> = {
  ".py": (name) => `test_${name}.py`,
  ".go": (name) => `${name}_test.go`,
  ".java": (name) => `${name}Test.java`,
  ".kt": (name) => `${name}Test.kt`,
  ".cs": (name) => `${name}Tests.cs`,
  ".rb": (name) => `${name}_test.rb`,
  ".rs": (name) => `${name}_test.rs`,
  ".c": (name) => `${name}_test.c`,
  ".cc": (name) => `${name}_test.cc`,
  ".cpp": (name) => `${name}_test.cpp`,
  ".php": (name) => `${name}Test.php`,
};

/** @param path with forward slashes. */
export function testFileOf(path: string): string {
  const extension = posix.extname(path);
  const name = posix.basename(path, extension);
  const file = BESIDE[extension]?.(name) ?? `${name}.test${extension}`;
  return posix.join(posix.dirname(path), file);
}
