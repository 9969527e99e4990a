/**
 * Where English has two spellings, the project has the British one, in names as in comments, so that a word is found by
 * one search. Words of other people's interfaces keep theirs. And a header in C++ begins with `#pragma once`.
 */

/** Beginnings of words that are written in the other way. */
const AMERICAN =
  /\w*(?:quantiz|normaliz|summariz|synthesiz|recogniz|optimiz|analyz|behavior|favor|neighbor|catalog(?!ue))\w*/gi;

/** What belongs to others: JavaScript, VS Code, PyTorch, the tokenizers package, the formats of models, gifenc. */
const OTHERS = new Set(
  (
    "normalize normalizer normalizers normalizer_spec NORMALIZER behavior rangeBehavior DecorationRangeBehavior " +
    "ScrollBehavior Optimizer recognized quantization quantization_config quantization_mode quantization_version " +
    "GGMLQuantizationType dequantize"
  ).split(" "),
);
const OTHERS_CALLS = /\bgifenc\.quantize\b/g;

/** This file, its test, and texts that are no text of ours. */
const LEFT_OUT = /^(scripts\/lib\/spelling\.mjs|test\/unit\/scripts\/spelling\.test\.ts|test\/fixtures\/.*)$/;

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @returns {string[]} One line for each word with the other spelling.
 */
export function otherSpellings(file, text) {
  if (LEFT_OUT.test(file)) return [];
  return text
    .split("\n")
    .flatMap((line, index) =>
      [...line.replace(OTHERS_CALLS, "").matchAll(AMERICAN)]
        .filter(([word]) => !OTHERS.has(word))
        .map(([word]) => `${file}:${index + 1}: "${word}" is spelled in the British way elsewhere`),
    );
}

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @returns {string[]} One line for a header that may be included twice.
 */
export function withoutPragmaOnce(file, text) {
  const isGuarded = !file.endsWith(".h") || /^#pragma once$/m.test(text);
  return isGuarded ? [] : [`${file}:1: a header has #pragma once, behind what it is for`];
}
