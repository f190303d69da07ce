// Names the class of a difference between the two parsers by what both say. That it is no other difference is known by then: the answer with the
// runner's parser, and the one without, are told exactly.

const STRANGE_SPACE = /[\v\f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]/;

export function shape(expression, npm, runner) {
  const either = (test) => test(npm) || test(runner);
  if (either(({ text }) => text?.startsWith("Exceeded max expression length") || text === "ErrorExceededMaxLength")) {
    return "syntax-length";
  }
  if (either(({ text }) => text?.startsWith("Exceeded max expression depth"))) return "syntax-depth";
  if (STRANGE_SPACE.test(expression.replace(/'(?:[^']|'')*'/g, ""))) return "syntax-white-space";
  const bothFail = npm.stage && runner.stage && npm.stage !== "evaluating" && runner.stage !== "evaluating";
  if (!bothFail) return runner.stage === "lexing" || runner.stage === "parsing" ? "syntax-may-follow" : "syntax-accepted";
  if (/^Too (few|many) parameters/.test(runner.text) && npm.text?.startsWith(runner.text.split(":")[0])) {
    return "syntax-parenthesis";
  }
  if (npm.stage === runner.stage && npm.text === runner.text && expression.includes("\n")) return "syntax-position";
  return "syntax-first-error";
}
