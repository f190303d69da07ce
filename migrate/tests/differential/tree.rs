//! Trees of expressions, and the many ways to write one.

use crate::random::Random;

/// A tree.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    /// Written as it is. It can have parts only in a group.
    Literal(String),
    /// A path that starts with a context.
    Path(String),
    Call(&'static str, Vec<Self>),
    Not(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    /// `base[index]`
    Part(Box<Self>, Box<Self>),
    /// `base.name`
    Name(Box<Self>, &'static str),
    /// `base.*`
    Every(Box<Self>),
}

impl Tree {
    /// A literal of this text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Literal(format!("'{}'", text.replace('\'', "''")))
    }

    fn precedence(&self) -> u8 {
        match self {
            Self::Binary("||", ..) => 5,
            Self::Binary("&&", ..) => 6,
            Self::Binary("==" | "!=", ..) => 10,
            Self::Binary(..) => 11,
            Self::Not(_) => 16,
            Self::Literal(_) => 18,
            _ => 19,
        }
    }
}

/// Writes a tree, by chance in one of many ways.
pub(crate) fn write(random: &mut Random, tree: &Tree) -> String {
    let mut writer = Writer { random, text: String::new() };
    writer.gap();
    writer.tree(tree);
    writer.gap();
    writer.text
}

struct Writer<'a> {
    random: &'a mut Random,
    text: String,
}

impl Writer<'_> {
    fn gap(&mut self) {
        let gap = match self.random.below(1000) {
            0..750 => "",
            750..950 => " ",
            950..970 => "  ",
            970..980 => "\t",
            980..990 => "\n",
            990..998 => "\r\n",
            _ => self.random.pick(&["\u{a0}", "\u{2028}", "\u{85}", "\u{b}", "\u{3000}"]),
        };
        self.text.push_str(gap);
    }

    fn put(&mut self, symbol: &str) {
        self.text.push_str(symbol);
        self.gap();
    }

    fn put_in_any_case(&mut self, name: &str) {
        let change = self.random.chance(300);
        for character in name.chars() {
            let other = change && self.random.chance(400);
            let changed = if character.is_ascii_lowercase() {
                character.to_ascii_uppercase()
            } else {
                character.to_ascii_lowercase()
            };
            self.text.push(if other { changed } else { character });
        }
    }

    /// Names get any case where it does not count: not in `env`, and not what stands in quotes.
    fn path(&mut self, path: &str) {
        if path.starts_with("env") || path.contains(['\'', '[']) {
            self.text.push_str(path);
        } else {
            self.put_in_any_case(path);
        }
    }

    /// A tree in a group where it has to be in one, and sometimes where not.
    fn within(&mut self, tree: &Tree, least: u8) {
        if tree.precedence() < least || self.random.chance(40) {
            self.put("(");
            self.tree(tree);
            self.gap();
            self.text.push(')');
        } else {
            self.tree(tree);
        }
    }

    fn tree(&mut self, tree: &Tree) {
        match tree {
            Tree::Literal(text) => self.text.push_str(text),
            Tree::Path(path) => self.path(path),
            Tree::Call(name, arguments) => self.call(name, arguments),
            Tree::Not(operand) => {
                self.put("!");
                self.within(operand, 16);
            }
            Tree::Binary(operator, left, right) => {
                let precedence = tree.precedence();
                self.within(left, precedence);
                self.gap();
                self.put(operator);
                self.within(right, precedence + 1);
            }
            Tree::Part(base, index) => {
                self.base(base);
                self.put("[");
                self.tree(index);
                self.gap();
                self.text.push(']');
            }
            Tree::Name(base, name) => {
                self.base(base);
                self.put(".");
                self.put_in_any_case(name);
            }
            Tree::Every(base) => {
                self.base(base);
                let star = self.random.pick(&[".*", ".*", "[*]", ". *", "[ * ]"]);
                self.text.push_str(star);
            }
        }
    }

    fn base(&mut self, base: &Tree) {
        self.within(base, 19);
        self.gap();
    }

    fn call(&mut self, name: &str, arguments: &[Tree]) {
        self.put_in_any_case(name);
        self.gap();
        self.put("(");
        for (index, argument) in arguments.iter().enumerate() {
            if index > 0 {
                self.put(",");
            }
            self.tree(argument);
            self.gap();
        }
        self.text.push(')');
    }
}
