//! A serde serializer for JSON with sorted keys. It writes straight into the bytes: a state is written with every
//! journal commit and whenever one is read.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::Range;

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde_json::Error;

/// How deep members stand on lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// So many levels of objects and lists, this one included.
    levels: u32,
    /// The levels under this key of the root.
    under: Option<(&'static str, u32)>,
}

impl Lines {
    /// Everything on one line.
    pub(super) const ONE: Self = Self { levels: 0, under: None };

    /// So many levels, and so many more under a key of the root.
    pub(super) const fn of(levels: u32, key: &'static str, more: u32) -> Self {
        Self { levels, under: Some((key, levels + more)) }
    }

    /// The same for what stands under a key.
    fn below(self, key: Option<&[u8]>) -> Self {
        let under = self.under.filter(|(root, _)| key == Some(root.as_bytes()));
        let levels = under.map_or(self.levels, |(_, levels)| levels);
        Self { levels: levels.saturating_sub(1), under: None }
    }

    fn breaks(self) -> bool {
        self.levels > 0
    }
}

/// What is written, and where the members of objects that are still open stand in it.
pub(super) struct Sink {
    pub(super) out: Vec<u8>,
    members: Vec<Member>,
}

/// Where a member stands: its key with the quotes, then its value.
struct Member {
    key: Range<usize>,
    /// Whether something in the key may be escaped.
    escaped: bool,
    end: usize,
}

impl Sink {
    /// With room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), members: Vec::with_capacity(64) }
    }
}

/// Writes one value behind what is there.
pub(super) struct Canonical<'a> {
    pub(super) sink: &'a mut Sink,
    pub(super) lines: Lines,
}

impl<'a> Canonical<'a> {
    /// A value that has no parts.
    fn plain<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        serde_json::to_writer(&mut self.sink.out, value)
    }

    fn object(self) -> Object<'a> {
        self.sink.out.push(b'{');
        let (from, first) = (self.sink.out.len(), self.sink.members.len());
        Object { sink: self.sink, lines: self.lines, from, first, sorted: true, last: "", closing: "" }
    }

    fn list(self) -> List<'a> {
        self.sink.out.push(b'[');
        List { sink: self.sink, lines: self.lines, empty: true, closing: "" }
    }

    /// The one member of an object that names a variant, up to its value; and what closes the object.
    fn variant(self, name: &str) -> Result<(Self, &'static str), Error> {
        let breaks = self.lines.breaks();
        self.sink.out.extend_from_slice(if breaks { b"{\n" } else { b"{" });
        serde_json::to_writer(&mut self.sink.out, name)?;
        self.sink.out.push(b':');
        let lines = self.lines.below(Some(name.as_bytes()));
        Ok((Self { sink: self.sink, lines }, if breaks { "\n}" } else { "}" }))
    }
}

/// A list that is being written.
pub(super) struct List<'a> {
    sink: &'a mut Sink,
    lines: Lines,
    empty: bool,
    /// What closes the object around it that names its variant.
    closing: &'static str,
}

impl List<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        separate(&mut self.sink.out, self.empty, self.lines);
        self.empty = false;
        value.serialize(Canonical { sink: self.sink, lines: self.lines.below(None) })
    }

    fn close(self) {
        close(&mut self.sink.out, self.empty, self.lines, b']');
        self.sink.out.extend_from_slice(self.closing.as_bytes());
    }
}

/// An object that is being written.
pub(super) struct Object<'a> {
    sink: &'a mut Sink,
    lines: Lines,
    /// Where its members begin in what is written.
    from: usize,
    /// Where they begin in the list of members.
    first: usize,
    /// Whether they came in order so far.
    sorted: bool,
    /// The name of the last of them, in a struct.
    last: &'static str,
    /// What closes the object around it that names its variant.
    closing: &'static str,
}

impl Object<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let start = self.begin();
        let Sink { out, members } = &mut *self.sink;
        serde_json::to_writer(&mut *out, key)?;
        if out.get(start) != Some(&b'"') {
            return Err(ser::Error::custom("a key is not a text"));
        }
        let member = Member { key: start..out.len(), escaped: true, end: start };
        let before = members.get(self.first..).and_then(<[_]>::last);
        self.sorted &= before.is_none_or(|before| text(out, before) <= text(out, &member));
        members.push(member);
        out.push(b':');
        Ok(())
    }

    /// The name of a member of a struct, which needs no escapes.
    fn name(&mut self, name: &'static str) {
        let start = self.begin();
        let Sink { out, members } = &mut *self.sink;
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.push(b'"');
        self.sorted &= self.last <= name;
        self.last = name;
        members.push(Member { key: start..out.len(), escaped: false, end: start });
        out.push(b':');
    }

    /// Where the next key begins.
    fn begin(&mut self) -> usize {
        separate(&mut self.sink.out, self.sink.members.len() == self.first, self.lines);
        self.sink.out.len()
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.sink.members.last().filter(|_| self.lines.under.is_some());
        let key = key.map(|member| text(&self.sink.out, member));
        let lines = self.lines.below(key.as_deref());
        value.serialize(Canonical { sink: self.sink, lines })?;
        let end = self.sink.out.len();
        if let Some(member) = self.sink.members.last_mut() {
            member.end = end;
        }
        Ok(())
    }

    fn close(self) {
        let Sink { out, members } = &mut *self.sink;
        if !self.sorted
            && let Some(members) = members.get_mut(self.first..)
        {
            sort(out, self.from, members, self.lines);
        }
        let empty = members.len() == self.first;
        members.truncate(self.first);
        close(out, empty, self.lines, b'}');
        out.extend_from_slice(self.closing.as_bytes());
    }
}

/// Brings the members of an object into order.
fn sort(out: &mut Vec<u8>, from: usize, members: &mut [Member], lines: Lines) {
    members.sort_by(|a, b| text(out, a).cmp(&text(out, b)));
    let mut sorted = Vec::with_capacity(out.len() - from);
    for (i, member) in members.iter().enumerate() {
        separate(&mut sorted, i == 0, lines);
        sorted.extend_from_slice(out.get(member.key.start..member.end).unwrap_or_default());
    }
    out.truncate(from);
    out.append(&mut sorted);
}

/// The text of a key that was written: what stands between its quotes, unless something in it is escaped.
fn text<'o>(out: &'o [u8], member: &Member) -> Cow<'o, [u8]> {
    let json = out.get(member.key.clone()).unwrap_or_default();
    let inside = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    match member.escaped && inside.contains(&b'\\') {
        true => serde_json::from_slice::<String>(json).map_or(inside.into(), |text| text.into_bytes().into()),
        false => inside.into(),
    }
}

fn separate(out: &mut Vec<u8>, first: bool, lines: Lines) {
    out.extend_from_slice(match (first, lines.breaks()) {
        (true, true) => b"\n",
        (true, false) => b"",
        (false, true) => b",\n",
        (false, false) => b",",
    });
}

fn close(out: &mut Vec<u8>, empty: bool, lines: Lines, bracket: u8) {
    if lines.breaks() && !empty {
        out.push(b'\n');
    }
    out.push(bracket);
}

/// Values without parts, written as serde_json does.
macro_rules! plain {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.plain(&value)
        })*
    };
}

impl<'a> ser::Serializer for Canonical<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    plain!(
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_f32(f32),
        serialize_f64(f64),
        serialize_char(char),
        serialize_str(&str),
    );

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        serde_json::Serializer::new(&mut self.sink.out).collect_str(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.plain(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.plain(&())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.plain(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let (Canonical { sink, lines }, closing) = self.variant(variant)?;
        value.serialize(Canonical { sink: &mut *sink, lines })?;
        sink.out.extend_from_slice(closing.as_bytes());
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Error> {
        Ok(self.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Error> {
        let (inner, closing) = self.variant(variant)?;
        Ok(List { closing, ..inner.list() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, Error> {
        Ok(self.object())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, Error> {
        Ok(self.object())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, Error> {
        let (inner, closing) = self.variant(variant)?;
        Ok(Object { closing, ..inner.object() })
    }
}

/// Lists under the names that serde has for them.
macro_rules! lists {
    ($($kind:ident::$method:ident),*) => {
        $(impl $kind for List<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.push(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

lists!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// Objects whose keys are known beforehand.
macro_rules! objects {
    ($($kind:ident),*) => {
        $(impl $kind for Object<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.name(key);
                self.value(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

objects!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}
