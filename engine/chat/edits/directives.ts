/**
 * Comments that are not documentation because tools read them or because they are about the whole file. They are always
 * kept; a comment that is wrongly recognized as one stays where it was.
 */

/** Words and forms that tools look for, without the mark of the comment. */
const FOR_TOOLS =
  /^(-\*-|!|\+build|[\w-]+:(?!\/\/)\S|[\w.-]+\s*:\s*(ignore|disable|enable|skip|off|on|no|true|false|strict|set|utf-?8)\b|type:|@(ts-|flow|jsx|generated|formatter|format\b|__)|#__|(no)?(qa|sec|lint|sonar)\b|NOLINT|noqa|nolint|nosec|noinspection|pylint\b|eslint\b|eslint-|tslint\b|prettier-|biome-|oxlint-|deno-|stylelint-|jshint\b|jslint\b|istanbul\b|c8\b|v8 ignore|rubocop\b|shellcheck\b|clang-|cppcheck-|phpcs\b|phpstan\b|psalm\b|luacheck\b|pragma\b|region\b|endregion\b|globals? \w|exported \w|export \w+$|line \S+:\d|webpackChunkName|<(reference|amd-)|---@|Deprecated:)/;
/** Notes about what is left to do, and separators. */
const FOR_PEOPLE = /^(TODO|FIXME|XXX|HACK)\b|^[^\p{L}\p{N}]*$/u;
const CODE = /[;{}]\s*$|^(return|import|from|const|let|var|if|for|while|def|func)\b.*[(={:]/;
const OF_FILE =
  /^(!|-\*-|\+build|go:(build|generate)|vim?:|coding[:=]|encoding:|frozen_string_literal|typed:|syntax=|Copyright\b|\(c\)|©|SPDX-|Licen[sc]ed?\b|All rights reserved|This file is part of|@(file|fileoverview|packageDocumentation|module|license|licence|copyright|preserve)\b)/i;
/** Directives that tools find only directly above the code that they apply to. */
const OF_NEXT_LINE =
  /^(go:(?!build|generate)|export [A-Z]\w*$|.*\b([nN]ext[- ]?[lL]ine|NEXTLINE)|@ts-(ignore|expect-error)|prettier-ignore|biome-ignore|deno-lint-ignore(?!-file)|NOLINT|nolint|istanbul ignore|c8 ignore|v8 ignore|shellcheck|rubocop|noinspection|type:|noqa|pylint|nosec|clang-format)/;

/** @param text a comment without its marks. */
export function isForTools(text: string): boolean {
  return FOR_TOOLS.test(text.trim());
}

/** @param text a line of a comment without its mark, but with the blank after it. */
export function isDirective(text: string): boolean {
  const words = text.trim();
  return FOR_TOOLS.test(words) || FOR_PEOPLE.test(words) || CODE.test(words) || OF_FILE.test(words);
}

export function isOfFile(text: string): boolean {
  return OF_FILE.test(text.trim());
}

export function isOfNextLine(text: string): boolean {
  return OF_NEXT_LINE.test(text.trim());
}
