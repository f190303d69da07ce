// Answers expressions by the npm package @actions/expressions, and by the same with each known difference mended.
//
// In, line by line: {"context": JSON text} adds a set of contexts, {"in": number of the set, "expression": text} asks. Out, a line for each question:
// {"npm": answer, "runner": answer, "by": [differences]}, the last two only where they differ from the first. An answer is {"value": text} or {"stage",
// "text", "position"}. `by` is the smallest set of switches found (switches.mjs) that makes of the npm package's answer the runner's.

import { Evaluator, Lexer, Parser, data } from "@actions/expressions";
import { reviver } from "@actions/expressions/data/reviver";
import { Evaluation } from "./evaluate.mjs";
import { Fault } from "./fault.mjs";
import { readJson } from "./json.mjs";
import { shape } from "./shape.mjs";
import { withOff } from "./switches.mjs";
import { tree } from "./syntax.mjs";
import { Names } from "./values.mjs";

const { Kind } = data;

/** A value in full: numbers by their shortest digits, zero without its sign. */
function shown(value) {
  switch (value.kind) {
    case Kind.Null:
      return "null";
    case Kind.Boolean:
      return String(value.value);
    case Kind.Number:
      return value.value === 0 ? "0" : String(value.value);
    case Kind.String:
      return JSON.stringify(value.value.toWellFormed());
    case Kind.Array:
      return `[${value.values().map(shown).join(",")}]`;
    default: {
      const pairs = value.entries ?? value.pairs().map((pair) => [pair.key, pair.value]);
      return `{${pairs.map(([name, item]) => `${JSON.stringify(name.toWellFormed())}:${shown(item)}`).join(",")}}`;
    }
  }
}

function answered(run) {
  try {
    return { value: shown(run()) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const { stage, text, position } = error;
    return { stage, text: text.toWellFormed(), position: position ?? null };
  }
}

function byNpm({ expression }, { plain, names }) {
  return answered(() =>
    Fault.ofNpm((stage) => {
      const { tokens } = new Lexer(expression).lex();
      stage("parsing");
      const root = new Parser(tokens, names, []).parse();
      stage("evaluating");
      return root === undefined ? new data.Null() : new Evaluator(root, plain).evaluate();
    }),
  );
}

const byRunner = ({ expression }, { mended, names }) =>
  answered(() => new Evaluation(tree(expression, new Set(names.map((name) => name.toLowerCase()))), mended).value());

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);

/** Which switches make the difference. One that changes nothing is left off. */
function classes(question, contexts, npm, runner, asked) {
  const off = new Set();
  const waiting = [...asked];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    const [answer, more] = withOff(new Set([...off, id]), () => byRunner(question, contexts));
    if (same(answer, runner)) off.add(id);
    waiting.push(...[...more].filter((other) => !asked.has(other)));
    more.forEach((other) => asked.add(other));
  }
  const [unmended] = withOff(true, () => byRunner(question, contexts));
  if (!same(unmended, npm)) return ["unknown", JSON.stringify(unmended)];
  const needed = [...asked].filter((id) => !off.has(id));
  if (!needed.includes("syntax")) return needed;
  const [other] = withOff(new Set([...off, "syntax"]), () => byRunner(question, contexts));
  return needed.map((id) => (id === "syntax" ? shape(question.expression, other, runner) : id));
}

function reply(question, contexts) {
  const npm = byNpm(question, contexts);
  const [runner, asked] = withOff(new Set(), () => byRunner(question, contexts));
  if (same(npm, runner)) return { npm };
  return { npm, runner, by: classes(question, contexts, npm, runner, asked) };
}

/** Lines end with a line feed alone: readline would end them at U+2028 as well. */
async function* lines(input) {
  let rest = "";
  input.setEncoding("utf8");
  for await (const chunk of input) {
    const pieces = (rest + chunk).split("\n");
    rest = pieces.pop();
    yield* pieces;
  }
}

const sets = [];
for await (const line of lines(process.stdin)) {
  const question = JSON.parse(line);
  if (question.context !== undefined) {
    const plain = JSON.parse(question.context, reviver);
    const [mended] = withOff(new Set(), () => readJson(question.context));
    const env = mended.get("env");
    if (env instanceof Names) env.isEnv = true;
    sets.push({ plain, mended, names: Object.keys(JSON.parse(question.context)) });
  } else {
    process.stdout.write(`${JSON.stringify(reply(question, sets[question.in]))}\n`);
  }
}
