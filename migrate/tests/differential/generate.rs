//! Makes expressions: typed trees, so that most of them have a value, with broken ones and ones near the limits between them.

use towpath_migrate::expression::ValueKind;

use crate::cells::{COMPARISONS, Cell, KINDS};
use crate::limits;
use crate::material::{
    BAD_FORMATS, BAD_JSON, CONTEXTS, FORMATS, JSON, JSON_NAMES, LENIENT_JSON, NAMES, NUMBERS, PATHS,
    STRANGE_NUMBERS, TEXTS,
};
use crate::mutate;
use crate::random::Random;
use crate::related;
use crate::tree::{Tree, write};

/// Of a thousand expressions, so many are made for a cell. The rest is made of whatever fits.
const FOR_CELLS: usize = 600;
const MUTATED: usize = 100;
const NEAR_LIMITS: usize = 50;

/// An expression.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) source: String,
    /// Which contexts it has.
    pub(crate) contexts: usize,
    /// What kind its value has, where that is known and it has one.
    pub(crate) kind: Option<ValueKind>,
    /// The cell that its outermost operation belongs to.
    pub(crate) cell: Option<usize>,
}

/// So many expressions from a seed.
pub(crate) fn expressions(seed: u64, count: usize, cells: &[Cell]) -> Vec<Made> {
    let mut maker = Maker { random: Random::new(seed) };
    let mut turn = 0;
    (0..count)
        .map(|_| {
            let chance = maker.random.below(1000);
            if chance < FOR_CELLS {
                turn += 1;
                maker.of_cell(cells, (turn - 1) % cells.len())
            } else if chance < FOR_CELLS + NEAR_LIMITS {
                let source = limits::near(&mut maker.random);
                Made { source, contexts: 0, kind: None, cell: None }
            } else {
                let made = maker.of_anything();
                let broken = chance >= 1000 - MUTATED;
                if broken { mutate::broken(&mut maker.random, made) } else { made }
            }
        })
        .collect()
}

struct Maker {
    random: Random,
}

fn boxed(tree: Tree) -> Box<Tree> {
    Box::new(tree)
}

impl Maker {
    fn of_cell(&mut self, cells: &[Cell], number: usize) -> Made {
        let cell = &cells[number];
        let (tree, kind) = self.operation(cell);
        self.made(&tree, kind, Some(number))
    }

    fn of_anything(&mut self) -> Made {
        let kind = KINDS[self.random.below(KINDS.len())];
        let depth = 1 + self.random.below(4);
        let tree = self.of(kind, depth);
        self.made(&tree, Some(kind), None)
    }

    fn made(&mut self, tree: &Tree, kind: Option<ValueKind>, cell: Option<usize>) -> Made {
        let source = write(&mut self.random, tree);
        let contexts = self.random.below(CONTEXTS.len());
        Made { source, contexts, kind, cell }
    }

    /// The operation of a cell, and the kind of its value if that follows.
    fn operation(&mut self, cell: &Cell) -> (Tree, Option<ValueKind>) {
        let mut operands: Vec<_> = (0..cell.arity()).map(|place| self.operand(cell, place)).collect();
        if cell.arity() == 2 && self.random.chance(800) {
            let kinds = [cell.kind(0), cell.kind(1)];
            if let Some((left, right)) = related::pair(&mut self.random, cell.operation, kinds) {
                operands = vec![left, right];
            }
        }
        if cell.operation == "fromJSON" && cell.kind(0) == ValueKind::String {
            operands = vec![self.json_text()];
        }
        if cell.operation == "format" && cell.kind(0) == ValueKind::String && self.random.chance(800) {
            operands[0] = self.format_text(operands.len() - 1);
        }
        if cell.operation == "case" && self.random.chance(100) {
            let more = [self.of(ValueKind::Boolean, 1), self.operand(cell, 1)];
            operands.splice(0..0, more);
        }
        self.applied(cell, operands)
    }

    fn applied(&mut self, cell: &Cell, mut operands: Vec<Tree>) -> (Tree, Option<ValueKind>) {
        let operation = cell.operation;
        if operation.chars().all(char::is_alphabetic) {
            return (Tree::Call(operation, operands), result_kind(cell));
        }
        let last = boxed(operands.pop().unwrap());
        let tree = match (operation, operands.pop()) {
            ("!", _) => Tree::Not(last),
            ("[]", Some(base)) => Tree::Part(boxed(base), last),
            (_, Some(left)) => Tree::Binary(operation, boxed(left), last),
            _ => Tree::Every(last),
        };
        (tree, result_kind(cell))
    }

    /// An operand for a cell: seldom large, unless it is the only one.
    fn operand(&mut self, cell: &Cell, place: usize) -> Tree {
        let often = if cell.arity() == 1 { 900 } else { 350 };
        let depth = if self.random.chance(often) { 1 + self.random.below(2) } else { 0 };
        self.of(cell.kind(place), depth)
    }

    /// A tree whose value, if it has one, is of this kind.
    fn of(&mut self, kind: ValueKind, depth: usize) -> Tree {
        if depth == 0 {
            return self.leaf(kind);
        }
        let below = depth - 1;
        match self.random.below(10) {
            0 => self.logical(kind, below),
            1 => {
                let arguments =
                    vec![self.of(ValueKind::Boolean, below), self.of(kind, below), self.of(kind, below)];
                Tree::Call("case", arguments)
            }
            2 => self.json_value(kind),
            _ => self.typical(kind, below),
        }
    }

    fn logical(&mut self, kind: ValueKind, depth: usize) -> Tree {
        let operator = self.random.pick(&["&&", "||"]);
        let mut tree = self.of(kind, depth);
        for _ in 0..=self.random.below(2) {
            tree = Tree::Binary(operator, boxed(tree), boxed(self.of(kind, depth)));
        }
        tree
    }

    /// What mostly gives this kind.
    fn typical(&mut self, kind: ValueKind, depth: usize) -> Tree {
        match kind {
            ValueKind::Boolean => self.boolean(depth),
            ValueKind::String => self.text(depth),
            ValueKind::Array => {
                let base = if self.random.chance(500) { ValueKind::Array } else { ValueKind::Object };
                let every = Tree::Every(boxed(self.of(base, depth)));
                match self.random.below(4) {
                    0 => Tree::Every(boxed(every)),
                    1 => Tree::Name(boxed(every), self.random.pick(NAMES)),
                    2 => Tree::Part(boxed(every), boxed(self.leaf_of_any())),
                    _ => every,
                }
            }
            ValueKind::Null => {
                let base = KINDS[self.random.below(4)];
                let base = self.of(base, depth);
                let name = Tree::Name(boxed(base), self.random.pick(NAMES));
                if self.random.chance(300) {
                    Tree::Part(boxed(name), boxed(self.leaf_of_any()))
                } else {
                    name
                }
            }
            ValueKind::Number | ValueKind::Object => match self.random.below(10) {
                0..2 => self.json_value(kind),
                2..6 => self.logical(kind, depth),
                _ => {
                    let predicate = self.of(ValueKind::Boolean, depth);
                    Tree::Call("case", vec![predicate, self.of(kind, depth), self.of(kind, depth)])
                }
            },
        }
    }

    fn boolean(&mut self, depth: usize) -> Tree {
        if self.random.chance(150) {
            return Tree::Not(boxed(self.of_any(depth)));
        }
        let operation = if self.random.chance(550) {
            COMPARISONS[self.random.below(COMPARISONS.len())]
        } else {
            self.random.pick(&["contains", "contains", "startsWith", "endsWith"])
        };
        let kinds = [(); 2].map(|()| KINDS[self.random.below(KINDS.len())]);
        let near =
            if self.random.chance(500) { related::pair(&mut self.random, operation, kinds) } else { None };
        let (left, right) = near.unwrap_or_else(|| (self.of(kinds[0], depth), self.of(kinds[1], depth)));
        match operation {
            "contains" | "startsWith" | "endsWith" => Tree::Call(operation, vec![left, right]),
            _ => Tree::Binary(operation, boxed(left), boxed(right)),
        }
    }

    fn text(&mut self, depth: usize) -> Tree {
        match self.random.below(4) {
            0 => {
                let mut arguments = vec![self.of(ValueKind::Array, depth)];
                if self.random.chance(600) {
                    arguments.push(self.of_any(depth));
                }
                Tree::Call("join", arguments)
            }
            1 => Tree::Call("toJSON", vec![self.of_any(depth)]),
            _ => {
                let given = self.random.below(4);
                let mut arguments = vec![self.format_text(given)];
                arguments.extend((0..given).map(|_| self.of_any(depth)));
                Tree::Call("format", arguments)
            }
        }
    }

    fn of_any(&mut self, depth: usize) -> Tree {
        let kind = KINDS[self.random.below(KINDS.len())];
        self.of(kind, depth)
    }

    fn leaf_of_any(&mut self) -> Tree {
        self.of_any(0)
    }

    /// A text that names at most so many arguments, but for now and then.
    fn format_text(&mut self, given: usize) -> Tree {
        if self.random.chance(60) {
            return Tree::text(self.random.pick(BAD_FORMATS));
        }
        let careless = self.random.chance(30);
        loop {
            let (text, named) = FORMATS[self.random.below(FORMATS.len())];
            if named <= given || careless {
                return Tree::text(text);
            }
        }
    }

    /// A JSON text, mostly a good one.
    fn json_text(&mut self) -> Tree {
        match self.random.below(100) {
            0..75 => Tree::text(JSON[self.random.below(JSON.len())].1),
            75..92 => Tree::text(LENIENT_JSON[self.random.below(LENIENT_JSON.len())].1),
            92..97 => Tree::text(self.random.pick(BAD_JSON)),
            _ => Tree::Call("toJSON", vec![self.of_any(1)]),
        }
    }

    /// An array or object of other JSON texts.
    fn composed_json(&mut self, kind: ValueKind) -> Tree {
        let count = 1 + self.random.below(4);
        let items: Vec<_> = (0..count)
            .map(|_| {
                let (_, item) = JSON[self.random.below(JSON.len())];
                let name = self.random.pick(JSON_NAMES);
                if kind == ValueKind::Array { item.to_owned() } else { format!("\"{name}\":{item}") }
            })
            .collect();
        let items = items.join(self.random.pick(&[",", ", ", " ,\n"]));
        let text = if kind == ValueKind::Array { format!("[{items}]") } else { format!("{{{items}}}") };
        Tree::Call("fromJSON", vec![Tree::text(&text)])
    }

    fn json_value(&mut self, kind: ValueKind) -> Tree {
        if matches!(kind, ValueKind::Array | ValueKind::Object) && self.random.chance(400) {
            return self.composed_json(kind);
        }
        let table = if self.random.chance(150) { LENIENT_JSON } else { JSON };
        let texts: Vec<_> = table.iter().filter(|(of, _)| *of == kind).map(|(_, text)| *text).collect();
        Tree::Call("fromJSON", vec![Tree::text(self.random.pick(&texts))])
    }

    fn leaf(&mut self, kind: ValueKind) -> Tree {
        if self.random.chance(350) {
            let paths: Vec<_> = PATHS.iter().filter(|(of, _)| *of == kind).map(|(_, path)| *path).collect();
            return Tree::Path(self.random.pick(&paths).to_owned());
        }
        match kind {
            ValueKind::Null => Tree::Literal("null".to_owned()),
            ValueKind::Boolean => Tree::Literal(self.random.pick(&["true", "false"]).to_owned()),
            ValueKind::Number if self.random.chance(15) => {
                Tree::Literal(self.random.pick(STRANGE_NUMBERS).to_owned())
            }
            ValueKind::Number => Tree::Literal(self.random.pick(NUMBERS).to_owned()),
            ValueKind::String if self.random.chance(100) => {
                let (left, right) = (self.random.pick(TEXTS), self.random.pick(TEXTS));
                Tree::text(&format!("{left}{right}"))
            }
            ValueKind::String => Tree::text(self.random.pick(TEXTS)),
            ValueKind::Array | ValueKind::Object => self.json_value(kind),
        }
    }
}

/// The kind of what a cell gives, where its operation alone decides.
fn result_kind(cell: &Cell) -> Option<ValueKind> {
    match cell.operation {
        "&&" | "||" => (cell.kind(0) == cell.kind(1)).then(|| cell.kind(0)),
        "case" => (cell.kind(1) == cell.kind(2)).then(|| cell.kind(1)),
        "[]" | "fromJSON" => None,
        ".*" => Some(ValueKind::Array),
        "join" | "toJSON" | "format" => Some(ValueKind::String),
        _ => Some(ValueKind::Boolean),
    }
}
