// Trees as the runner makes them (src/Sdk/Expressions/Tokens/LexicalAnalyzer.cs, ExpressionParser.cs, ParseException.cs of actions/runner), or, with
// the switch off, as the npm package makes them.

import { Lexer, Parser, data } from "@actions/expressions";
import { Fault } from "./fault.mjs";
import { either, on } from "./switches.mjs";
import { Numeric, SPACE, Text, numberOf } from "./values.mjs";

const MAX_LENGTH = 21000;
const MAX_DEPTH = 50;

/** Functions by their small names, with the fewest and most arguments: ExpressionConstants.cs. */
const FUNCTIONS = new Map([
  ["case", [3, 255]],
  ["contains", [2, 2]],
  ["endswith", [2, 2]],
  ["format", [1, 255]],
  ["fromjson", [1, 1]],
  ["join", [1, 2]],
  ["startswith", [2, 2]],
  ["tojson", [1, 1]],
]);

const STARTS = [undefined, "separator", "group", "call", "index", "operator"];
const CONTAINERS = ["group end", "call end", "index end", "wildcard", "property", "name"];
const OPERANDS = [...CONTAINERS, "literal"];

/** After which symbols a symbol may stand. */
const AFTER = {
  group: STARTS,
  index: CONTAINERS,
  call: ["function"],
  "group end": OPERANDS,
  "index end": OPERANDS,
  "call end": ["call", ...OPERANDS],
  separator: OPERANDS,
  dereference: CONTAINERS,
  wildcard: ["index", "dereference"],
  operator: OPERANDS,
  not: STARTS,
  literal: STARTS,
  property: ["dereference"],
  function: STARTS,
  name: STARTS,
};
const CLOSES = { "group end": "group", "index end": "index", "call end": "call", separator: "call" };
const PRECEDENCE = { "!": 16, ">": 11, ">=": 11, "<": 11, "<=": 11, "==": 10, "!=": 10, "&&": 6, "||": 5 };
const ENDS = /[()[\],.!><=&|]/;
const KEYWORD = /^[a-zA-Z_][a-zA-Z0-9_-]*$/;

/** What `''` in a string stands for; the npm package sees only the first. */
const unquoted = (raw) =>
  either("quotes", raw.slice(1, -1).replaceAll("''", "'"), raw.slice(1, -1).replace("''", "'"));

class Symbols {
  constructor(source) {
    this.source = source;
    this.at = 0;
    this.last = undefined;
    this.open = [];
  }

  next() {
    while (this.at < this.source.length && SPACE.test(this.source[this.at])) this.at++;
    if (this.at >= this.source.length) return undefined;
    const start = this.at;
    const [kind, value] = this.read(this.source[start]);
    const raw = this.source.slice(start, this.at);
    const token = { kind, raw, start, value };
    if (kind === undefined) throw Fault.at("lexing", "Unexpected symbol", token);
    if (!this.fits(kind, raw)) throw Fault.at("parsing", "Unexpected symbol", token);
    this.last = kind;
    return token;
  }

  fits(kind, raw) {
    if (!AFTER[kind === "operator" && raw === "!" ? "not" : kind].includes(this.last)) return false;
    if (["group", "index", "call"].includes(kind)) this.open.push(kind);
    if (!(kind in CLOSES)) return true;
    if (this.open.at(-1) !== CLOSES[kind]) return false;
    if (kind !== "separator") this.open.pop();
    return true;
  }

  read(c) {
    const single = {
      "(": this.last === "function" ? "call" : "group",
      ")": this.open.at(-1) === "call" ? "call end" : "group end",
      "[": "index",
      "]": "index end",
      ",": "separator",
      "*": "wildcard",
    }[c];
    if (single) {
      this.at++;
      return [single];
    }
    if (c === "'") return this.string();
    if ("!><=&|".includes(c)) return this.operator();
    if (c === "." && !STARTS.includes(this.last)) {
      this.at++;
      return ["dereference"];
    }
    return /[-+0-9.]/.test(c) ? this.number() : this.keyword();
  }

  word(more = "") {
    const start = this.at++;
    const goes = (c) => more.includes(c) || !(ENDS.test(c) || SPACE.test(c));
    while (this.at < this.source.length && goes(this.source[this.at])) this.at++;
    return this.source.slice(start, this.at);
  }

  string() {
    const found = /^'[^']*(?:''[^']*)*'(?!')/.exec(this.source.slice(this.at));
    this.at = found ? this.at + found[0].length : this.source.length;
    return found ? ["literal", new Text(unquoted(found[0]))] : [];
  }

  operator() {
    const two = this.source.slice(this.at, this.at + 2);
    const one = two.slice(0, 1);
    const known = two in PRECEDENCE ? two : one in PRECEDENCE ? one : undefined;
    if (known === undefined) this.word();
    else this.at += known.length;
    return known === undefined ? [] : ["operator"];
  }

  number() {
    const number = numberOf(this.word("."));
    return Number.isNaN(number) ? [] : ["literal", new Numeric(number)];
  }

  keyword() {
    const word = this.word();
    if (!KEYWORD.test(word)) return [];
    if (this.last === "dereference") return ["property"];
    const literal = {
      null: () => new data.Null(),
      true: () => new data.BooleanData(true),
      false: () => new data.BooleanData(false),
      NaN: () => new Numeric(NaN),
      Infinity: () => new Numeric(Infinity),
    };
    if (Object.hasOwn(literal, word)) return ["literal", literal[word]()];
    let ahead = this.at;
    while (ahead < this.source.length && SPACE.test(this.source[ahead])) ahead++;
    return [this.source[ahead] === "(" ? "function" : "name"];
  }
}

const OPENS = ["group", "index", "call", "separator"];
const OPERATORS = ["operator", "dereference", "separator", "group", "index", "call", "group end", "index end", "call end"];

function precedence(token) {
  if (token.kind === "operator") return PRECEDENCE[token.raw];
  return { group: 20, index: 19, call: 19, dereference: 19 }[token.kind] ?? 1;
}

/** The tree by two stacks: ExpressionParser.CreateTree. */
function runnerTree(source, names) {
  const symbols = new Symbols(source);
  const operands = [];
  const operators = [];
  const take = (count) => operands.splice(operands.length - count, count);
  let last;

  const flush = () => {
    const { kind, raw } = operators.pop();
    if (raw === "!") {
      operands.push({ type: "not", operands: take(1) });
    } else if (raw === "&&" || raw === "||") {
      const [left, right] = take(2);
      const node = left.type === raw ? left : { type: raw, operands: [left] };
      node.operands.push(...(right.type === raw ? right.operands : [right]));
      operands.push(node);
    } else {
      operands.push({ type: kind === "dereference" ? "part" : raw, operands: take(2) });
    }
  };

  const close = (token) => {
    if (token.kind === "group end") {
      operators.pop();
    } else if (token.kind === "index end") {
      operators.pop();
      operands.push({ type: "part", operands: take(2) });
    } else {
      let count = last.kind === "call" ? 0 : 1;
      for (; operators.at(-1).kind === "separator"; operators.pop()) count++;
      const parameters = take(count);
      const call = operands.at(-1);
      call.operands = parameters;
      check(call, operators.pop());
    }
  };

  const check = ({ token }, open) => {
    const [least, most] = FUNCTIONS.get(token.raw.toLowerCase());
    const { length } = operands.at(-1).operands;
    if (length < least) throw Fault.at("parsing", "Too few parameters supplied", open);
    if (length > most) throw Fault.at("parsing", "Too many parameters supplied", open);
    if (token.raw.toLowerCase() === "case" && length % 2 === 0) {
      // A published case has the function here, and the runner the parenthesis.
      const text = "Even number of parameters supplied, requires an odd number of parameters";
      throw Fault.at("parsing", text, token);
    }
  };

  const operand = (token) => {
    if (token.kind === "function") {
      if (!FUNCTIONS.has(token.raw.toLowerCase())) throw Fault.at("parsing", "Unrecognized function", token);
      return { type: "call", name: token.raw, token, operands: [] };
    }
    if (token.kind === "name") {
      if (!names.has(token.raw.toLowerCase())) throw Fault.at("parsing", "Unrecognized named-value", token);
      return { type: "name", name: token.raw, operands: [] };
    }
    if (token.kind === "wildcard") return { type: "*", operands: [] };
    return { type: "literal", value: token.value ?? new Text(token.raw), operands: [] };
  };

  for (let token = symbols.next(); token !== undefined; last = token, token = symbols.next()) {
    if (!OPERATORS.includes(token.kind)) {
      operands.push(operand(token));
      continue;
    }
    const leftToRight = token.kind !== "group" && token.raw !== "!";
    while (leftToRight && operators.length > 0) {
      const top = operators.at(-1);
      if (OPENS.includes(top.kind) || precedence(token) > precedence(top)) break;
      flush();
    }
    if (token.kind.endsWith(" end")) close(token);
    else operators.push(token);
  }
  if (last === undefined) return undefined;
  const unfinished = last.kind === "function" || (OPERATORS.includes(last.kind) && !last.kind.endsWith(" end"));
  if (operators.length > 0 && (unfinished || symbols.open.length > 0)) {
    throw Fault.at("parsing", "Unexpected end of expression", last);
  }
  while (operators.length > 0) flush();
  checkDepth(operands[0]);
  return operands[0];
}

/** A group is no level. */
function checkDepth(root) {
  for (let level = [root], depth = 1; level.length > 0; level = level.flatMap((node) => node.operands), depth++) {
    if (depth > MAX_DEPTH) throw new Fault("parsing", `Exceeded max expression depth ${MAX_DEPTH}`);
  }
}

/** The npm package's symbols, with what is a switch of its own. */
class NpmSymbols extends Lexer {
  consumeString() {
    super.consumeString();
    const token = this.tokens.at(-1);
    token.value = unquoted(token.lexeme);
  }

  consumeNumber() {
    const [start, add] = [this.start, this.addToken];
    this.addToken = () => {};
    try {
      super.consumeNumber();
    } catch {
      // Read once more below, where the switches of numbers count.
    }
    this.addToken = add;
    const raw = this.input.substring(start, this.offset);
    const number = numberOf(raw);
    if (Number.isNaN(number)) throw Fault.at("lexing", "Unexpected symbol", { raw, start });
    this.addToken(17, number);
  }
}

function npmTree(source, names) {
  return Fault.ofNpm((stage) => {
    const { tokens } = new NpmSymbols(source).lex();
    stage("parsing");
    const tree = new Parser(tokens, [...names], []).parse();
    return tree && plain(tree);
  });
}

/** A tree of the npm package in the form of this file. */
function plain(node) {
  const one = (type, ...operands) => ({ type, operands: operands.map(plain) });
  switch (node.constructor.name) {
    case "Grouping":
      return plain(node.group);
    case "Literal":
      return { type: "literal", value: own(node.literal), operands: [] };
    case "Unary":
      return one("not", node.expr);
    case "Binary":
      return one(node.operator.lexeme, node.left, node.right);
    case "Logical":
      return one(node.operator.lexeme, ...node.args);
    case "ContextAccess":
      return { type: "name", name: node.name.lexeme, operands: [] };
    case "IndexAccess":
      return one("part", node.expr, node.index);
    case "FunctionCall":
      return { ...one("call", ...node.args), name: node.functionName.lexeme };
    default:
      return { type: "*", operands: [] };
  }
}

const own = (value) =>
  value.kind === data.Kind.String
    ? new Text(value.value)
    : value.kind === data.Kind.Number
      ? new Numeric(value.value)
      : value;

/** The tree of an expression; undefined where it has nothing but white space. */
export function tree(source, names) {
  if (!on("syntax")) return npmTree(source, names);
  if (source.length > MAX_LENGTH) throw new Fault("lexing", `Exceeded max expression length ${MAX_LENGTH}`);
  return runnerTree(source, names);
}
