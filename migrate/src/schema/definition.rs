//! What a value may be.

use super::contexts::ContextSet;

/// A definition of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub(super) u16);

/// A property of a mapping of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PropertyId(pub(super) u16);

macro_rules! index {
    ($($id:ident)*) => {$(
        impl $id {
            /// Its place in the schema's list, from 0, for tables beside it.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index!(DefinitionId PropertyId);

/// What the runner has built in, by its name.
impl DefinitionId {
    /// `null`
    pub const NULL: Self = Self(0);
    /// `boolean`
    pub const BOOLEAN: Self = Self(1);
    /// `number`
    pub const NUMBER: Self = Self(2);
    /// `string`: any text.
    pub const STRING: Self = Self(3);
    /// `sequence`: of anything.
    pub const SEQUENCE: Self = Self(4);
    /// `mapping`: of any text to anything.
    pub const MAPPING: Self = Self(5);
    /// `any`
    pub const ANY: Self = Self(6);
}

/// What a value may be.
#[derive(Debug)]
pub struct Definition {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) contexts: ContextSet,
    pub(super) raw: bool,
    pub(super) shape: Shape,
}

/// How a definition says it.
#[derive(Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// true or false.
    Boolean,
    /// A number.
    Number,
    /// Text.
    String(Text),
    /// One of these texts. GitHub's server reads these definitions as null, its editor as they are.
    AllowedValues(Vec<&'static str>),
    /// A sequence of this.
    Sequence(DefinitionId),
    /// A mapping.
    Mapping(Mapping),
    /// One of these.
    OneOf(Vec<DefinitionId>),
}

/// What is asked of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    /// It is this.
    pub constant: Option<&'static str>,
    /// Case does not count in the constant.
    pub ignore_case: bool,
    /// It is not empty.
    pub require_non_empty: bool,
    /// It is an expression, with or without `${{ }}`.
    pub is_expression: bool,
}

impl Text {
    /// Whether this text is what is asked. Only the letters of ASCII lose their case: constants have no others.
    #[must_use]
    pub fn accepts(&self, text: &str) -> bool {
        match self.constant {
            Some(constant) if self.ignore_case => constant.eq_ignore_ascii_case(text),
            Some(constant) => constant == text,
            None => !self.require_non_empty || !text.is_empty(),
        }
    }
}

/// A mapping.
#[derive(Debug, Default)]
pub struct Mapping {
    pub(super) properties: Vec<Property>,
    /// Places in `properties`, in the order of names.
    pub(super) sorted: Vec<u16>,
    pub(super) loose: Option<Loose>,
}

/// A key that is known by its name.
#[derive(Debug)]
pub struct Property {
    /// Which one it is, among all of the schema.
    pub id: PropertyId,
    /// The key. Case counts.
    pub name: &'static str,
    /// What its value is.
    pub value: DefinitionId,
    /// Whether it must be there.
    pub required: bool,
}

/// What other keys are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loose {
    /// What the key is.
    pub key: DefinitionId,
    /// What its value is.
    pub value: DefinitionId,
}

impl Mapping {
    /// The keys known by name, in the order of the schema.
    #[must_use]
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The property of this name, case counts.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property> {
        let named = |place: &u16| self.properties.get(usize::from(*place));
        let found =
            self.sorted.binary_search_by(|place| named(place).map_or("", |known| known.name).cmp(name));
        found.ok().and_then(|found| self.sorted.get(found)).and_then(named)
    }

    /// What other keys are allowed, if any.
    #[must_use]
    pub const fn loose(&self) -> Option<Loose> {
        self.loose
    }
}

/// A definition with its alternatives, and theirs, laid out by what they are. Only scalars stand deeper than the first
/// level in GitHub's schemas, so that the runner, which looks one level deep, and npm, which looks at scalars in all, agree.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) null: bool,
    pub(super) boolean: bool,
    pub(super) number: bool,
    pub(super) texts: Vec<Text>,
    pub(super) sequence: Option<DefinitionId>,
    pub(super) mappings: Vec<DefinitionId>,
}

impl Shape {
    /// Nothing may be here.
    pub(super) const NOTHING: Self = Self {
        null: false,
        boolean: false,
        number: false,
        texts: Vec::new(),
        sequence: None,
        mappings: Vec::new(),
    };
}

/// A scalar as YAML has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// true or false.
    Boolean,
    /// A number.
    Number,
    /// Anything else.
    String(&'a str),
}

impl Definition {
    /// Its name in GitHub's schema.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How it says what a value may be.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The contexts and functions that it names itself. A reader adds what the parents named.
    #[must_use]
    pub const fn contexts(&self) -> ContextSet {
        self.contexts
    }

    /// Whether the scalar's text counts as it stands in the file (runner: coerce-raw): `name: 010` is named 010.
    #[must_use]
    pub const fn is_raw(&self) -> bool {
        self.raw
    }

    /// Whether a scalar may be here as it is. One that is no string may still be, as text: the runner looks again with its
    /// text, and so must the caller.
    #[must_use]
    pub fn accepts(&self, scalar: Scalar<'_>) -> bool {
        match scalar {
            Scalar::Null => self.shape.null,
            Scalar::Boolean => self.shape.boolean,
            Scalar::Number => self.shape.number,
            Scalar::String(text) => self.shape.texts.iter().any(|rule| rule.accepts(text)),
        }
    }

    /// Whether any scalar may be here.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        let Shape { null, boolean, number, texts, .. } = &self.shape;
        *null || *boolean || *number || !texts.is_empty()
    }

    /// Whether text here is an expression, with or without `${{ }}`.
    #[must_use]
    pub fn is_expression(&self) -> bool {
        self.shape.texts.iter().any(|text| text.is_expression)
    }

    /// The texts that may be here, where it may not be any text.
    pub fn constants(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.shape.texts.iter().filter_map(|text| text.constant)
    }

    /// What the items are, where a sequence may be here.
    #[must_use]
    pub const fn sequence(&self) -> Option<DefinitionId> {
        self.shape.sequence
    }

    /// The mappings that may be here. Which one it is, its keys tell: [`super::Schema::candidates`].
    #[must_use]
    pub fn mappings(&self) -> &[DefinitionId] {
        &self.shape.mappings
    }
}
