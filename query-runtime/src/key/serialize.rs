//! How does any serializable value become a segment?
//!
//! The whole serde data model, written the way `serde_json` writes it, so that a value and its JSON give the same segment. What
//! JSON cannot say (integers beyond 64 bits, map keys that are not scalars) keeps its own form instead of failing.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use serde::ser;

use super::segment::KeySegment;

impl KeySegment {
    /// Makes a segment of anything that can be serialized.
    ///
    /// A value whose `Serialize` fails becomes [`Unique`](Self::Unique): such an entry is never shared with another by mistake.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        segment_of(value)
    }
}

fn segment_of<T: Serialize + ?Sized>(value: &T) -> KeySegment {
    /// Counts the segments that are equal to nothing; only their being different matters, not their values.
    static UNIQUE: AtomicU64 = AtomicU64::new(0);
    value
        .serialize(SegmentSerializer)
        .unwrap_or_else(|Failed| KeySegment::Unique(UNIQUE.fetch_add(1, Ordering::Relaxed)))
}

/// A `Serialize` implementation refused.
#[derive(Debug)]
struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value could not be serialized")
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct SegmentSerializer;

macro_rules! scalars {
    ($($method:ident: $scalar:ty),* $(,)?) => {$(
        fn $method(self, value: $scalar) -> Result<KeySegment, Failed> {
            Ok(KeySegment::from(value))
        }
    )*};
}

impl ser::Serializer for SegmentSerializer {
    type Ok = KeySegment;
    type Error = Failed;
    type SerializeSeq = Elements;
    type SerializeTuple = Elements;
    type SerializeTupleStruct = Elements;
    type SerializeTupleVariant = Elements;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Members;

    scalars! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f64: f64,
    }

    fn serialize_f32(self, value: f32) -> Result<KeySegment, Failed> {
        Ok(KeySegment::from(f64::from(value)))
    }

    fn serialize_i128(self, value: i128) -> Result<KeySegment, Failed> {
        match (u64::try_from(value), i64::try_from(value)) {
            (Ok(value), _) => Ok(KeySegment::from(value)),
            (_, Ok(value)) => Ok(KeySegment::from(value)),
            _ => Ok(KeySegment::from(value.to_string())),
        }
    }

    fn serialize_u128(self, value: u128) -> Result<KeySegment, Failed> {
        Ok(u64::try_from(value).map_or_else(|_| KeySegment::from(value.to_string()), KeySegment::from))
    }

    fn serialize_char(self, value: char) -> Result<KeySegment, Failed> {
        Ok(KeySegment::from(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<KeySegment, Failed> {
        Ok(KeySegment::from(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<KeySegment, Failed> {
        Ok(KeySegment::list(value.iter().map(|byte| KeySegment::from(*byte))))
    }

    fn serialize_none(self) -> Result<KeySegment, Failed> {
        Ok(KeySegment::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<KeySegment, Failed> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<KeySegment, Failed> {
        Ok(KeySegment::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<KeySegment, Failed> {
        Ok(KeySegment::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<KeySegment, Failed> {
        Ok(KeySegment::from(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<KeySegment, Failed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<KeySegment, Failed> {
        Ok(tagged(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Elements, Failed> {
        Ok(Elements::new(None, length))
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements, Failed> {
        Ok(Elements::new(None, Some(length)))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Elements, Failed> {
        Ok(Elements::new(None, Some(length)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Elements, Failed> {
        Ok(Elements::new(Some(variant), Some(length)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, Failed> {
        Ok(Members::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, Failed> {
        Ok(Members::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members, Failed> {
        Ok(Members::new(Some(variant)))
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<KeySegment, Failed> {
        Ok(KeySegment::from(value.to_string()))
    }
}

/// Puts the content of an enum variant under its name, as `serde_json` does.
fn tagged(variant: Option<&'static str>, content: KeySegment) -> KeySegment {
    match variant {
        Some(variant) => KeySegment::map([(KeySegment::from(variant), content)]),
        None => content,
    }
}

struct Elements {
    variant: Option<&'static str>,
    list: Vec<KeySegment>,
}

impl Elements {
    fn new(variant: Option<&'static str>, length: Option<usize>) -> Self {
        // A hint may lie; it must not make us reserve memory without bound.
        Self { variant, list: Vec::with_capacity(length.unwrap_or(0).min(64)) }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.list.push(value.serialize(SegmentSerializer)?);
        Ok(())
    }

    fn finish(self) -> KeySegment {
        tagged(self.variant, KeySegment::List(self.list.into()))
    }
}

macro_rules! elements {
    ($($compound:path: $method:ident),* $(,)?) => {$(
        impl $compound for Elements {
            type Ok = KeySegment;
            type Error = Failed;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
                self.push(value)
            }

            fn end(self) -> Result<KeySegment, Failed> {
                Ok(self.finish())
            }
        }
    )*};
}

elements! {
    ser::SerializeSeq: serialize_element,
    ser::SerializeTuple: serialize_element,
    ser::SerializeTupleStruct: serialize_field,
    ser::SerializeTupleVariant: serialize_field,
}

struct Members {
    variant: Option<&'static str>,
    list: Vec<(KeySegment, KeySegment)>,
    name: Option<KeySegment>,
}

impl Members {
    fn new(variant: Option<&'static str>) -> Self {
        Self { variant, list: Vec::new(), name: None }
    }

    fn push<T: Serialize + ?Sized>(&mut self, name: KeySegment, value: &T) -> Result<(), Failed> {
        self.list.push((name, value.serialize(SegmentSerializer)?));
        Ok(())
    }

    fn finish(self) -> KeySegment {
        tagged(self.variant, KeySegment::map(self.list))
    }
}

macro_rules! fields {
    ($($compound:path),* $(,)?) => {$(
        impl $compound for Members {
            type Ok = KeySegment;
            type Error = Failed;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Failed> {
                self.push(KeySegment::from(name), value)
            }

            fn end(self) -> Result<KeySegment, Failed> {
                Ok(self.finish())
            }
        }
    )*};
}

fields!(ser::SerializeStruct, ser::SerializeStructVariant);

impl ser::SerializeMap for Members {
    type Ok = KeySegment;
    type Error = Failed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), Failed> {
        let name = match name.serialize(SegmentSerializer)? {
            // `serde_json` writes these names as strings; a map read back from JSON must be the same map.
            scalar @ (KeySegment::Bool(_) | KeySegment::Int(_) | KeySegment::UInt(_) | KeySegment::Float(_)) => {
                KeySegment::Text(Cow::Owned(scalar.to_string()))
            }
            other => other,
        };
        self.name = Some(name);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let name = self.name.take().ok_or(Failed)?;
        self.push(name, value)
    }

    fn end(self) -> Result<KeySegment, Failed> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    struct Everything {
        unit: (),
        none: Option<u8>,
        some: Option<i16>,
        text: &'static str,
        letter: char,
        tuple: (i8, f32),
        bytes: [u8; 2],
        nested: Vec<Kind>,
        by_number: BTreeMap<u32, bool>,
        big: u128,
        newtype: Wrapped,
    }

    #[derive(Serialize)]
    struct Wrapped(i64);

    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(i64),
        Tuple(u8, u8),
        Struct { a: bool },
    }

    struct Refuses;

    impl Serialize for Refuses {
        fn serialize<S: ser::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom("no"))
        }
    }

    #[test]
    fn a_value_and_its_json_give_the_same_segment() {
        let value = Everything {
            unit: (),
            none: None,
            some: Some(-3),
            text: "text",
            letter: 'é',
            tuple: (-1, 0.5),
            bytes: [1, 2],
            nested: vec![Kind::Unit, Kind::Newtype(-1), Kind::Tuple(1, 2), Kind::Struct { a: true }],
            by_number: BTreeMap::from([(10, true), (9, false)]),
            big: 12,
            newtype: Wrapped(5),
        };
        let json = serde_json::to_value(&value).unwrap();
        assert_eq!(KeySegment::of(&value), KeySegment::from_json(&json));
        assert_eq!(KeySegment::of(&value).to_json(), json);
        assert_eq!(KeySegment::of(&json), KeySegment::from_json(&json));
    }

    #[test]
    fn the_order_of_a_hash_map_does_not_matter() {
        let first: HashMap<String, u32> = (0..50).map(|n| (format!("k{n}"), n)).collect();
        let second: HashMap<String, u32> = (0..50).rev().map(|n| (format!("k{n}"), n)).collect();
        assert_eq!(KeySegment::of(&first), KeySegment::of(&second));
    }

    #[test]
    fn values_beyond_json_stay_different() {
        assert_ne!(KeySegment::of(&u128::MAX), KeySegment::of(&(u128::MAX - 1)));
        assert_ne!(KeySegment::of(&i128::MIN), KeySegment::of(&(i128::MIN + 1)));
        assert_ne!(KeySegment::of(&f64::NAN), KeySegment::of(&f64::INFINITY));
        let by_pair = |n: u8| KeySegment::of(&BTreeMap::from([((1_u8, n), true)]));
        assert_ne!(by_pair(1), by_pair(2));
        assert_eq!(by_pair(1), by_pair(1));
    }

    #[test]
    fn a_value_that_refuses_is_equal_to_nothing_else() {
        let first = KeySegment::of(&Refuses);
        assert_ne!(first, KeySegment::of(&Refuses));
        assert_ne!(KeySegment::of(&vec![Refuses]), KeySegment::of(&vec![Refuses]));
        assert_eq!(first, first.clone());
    }

    #[test]
    fn absent_and_null_are_different_unless_skipped() {
        #[derive(Serialize)]
        struct Skips {
            #[serde(skip_serializing_if = "Option::is_none")]
            role: Option<u8>,
        }
        assert_eq!(KeySegment::of(&Skips { role: None }), KeySegment::from_json(&json!({})));
        assert_ne!(KeySegment::from_json(&json!({"role": null})), KeySegment::from_json(&json!({})));
    }
}
