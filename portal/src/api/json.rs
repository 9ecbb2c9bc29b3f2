//! Parsing of the gateway's answers.
//!
//! `serde_json` parses a text once, into a tree, and types are read from the tree. The error says only that reading
//! failed, because no user sees more of it. Reading each type directly from the text, with a message per field, made
//! the wasm 12 KB larger in brotli. With all size choices together the wasm went from 516 to 439 KB (ADR 0033).

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeOwned, IntoDeserializer, Visitor,
        value::{CowStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

/// A JSON value. Strings without escapes borrow from the parsed text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'text> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// An integer that fits into `i64`.
    Whole(i64),
    /// Any other number.
    Fraction(f64),
    /// A string.
    Text(Cow<'text, str>),
    /// An array.
    List(Vec<Json<'text>>),
    /// An object with its members in order. Of two members with one name, [`Json::take`] returns the first.
    Object(Vec<(Cow<'text, str>, Json<'text>)>),
}

/// The text is not JSON, or its JSON does not fit the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Parses a text into a type.
///
/// # Errors
/// If the text is not JSON or does not fit the type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    Json::parse(text)?.read()
}

impl<'text> Json<'text> {
    /// Parses a text.
    ///
    /// # Errors
    /// If the text is not JSON.
    pub fn parse(text: &'text str) -> Result<Self, Unreadable> {
        serde_json::from_str(text).map_err(|_| Unreadable)
    }

    /// Converts the value into a type.
    ///
    /// # Errors
    /// If the value does not fit the type.
    pub fn read<T: Deserialize<'text>>(self) -> Result<T, Unreadable> {
        T::deserialize(self)
    }

    /// Takes a member out of an object; `None` for null and for a missing member.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Object(members) = self else { return None };
        let (_, member) = members.iter_mut().find(|(key, _)| key == name)?;
        Some(std::mem::replace(member, Self::Null)).filter(|member| *member != Self::Null)
    }
}

impl<'text> Deserialize<'text> for Json<'text> {
    fn deserialize<D: Deserializer<'text>>(parser: D) -> Result<Self, D::Error> {
        parser.deserialize_any(Parsing)
    }
}

struct Parsing;

impl<'text> Visitor<'text> for Parsing {
    type Value = Json<'text>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'text>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json<'text>, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'text>, E> {
        Ok(Json::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'text>, E> {
        Ok(i64::try_from(number).map_or(Json::Fraction(number as f64), Json::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'text>, E> {
        Ok(Json::Fraction(number))
    }

    fn visit_borrowed_str<E>(self, text: &'text str) -> Result<Json<'text>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'text>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: de::SeqAccess<'text>>(self, mut list: A) -> Result<Json<'text>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: de::MapAccess<'text>>(self, mut object: A) -> Result<Json<'text>, A::Error> {
        let mut members = Vec::new();
        while let Some(Name(name)) = object.next_key()? {
            members.push((name, object.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

/// Name of a member. Without `borrow`, serde copies each name.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'text>(#[serde(borrow)] Cow<'text, str>);

impl<'text> Deserializer<'text> for Json<'text> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'text>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Flag(flag) => visitor.visit_bool(flag),
            Self::Whole(number) => visitor.visit_i64(number),
            Self::Fraction(number) => visitor.visit_f64(number),
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'text>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self {
            Self::Null => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'text>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'text>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self {
            Self::Text(variant) => visitor.visit_enum(CowStrDeserializer::new(variant)),
            // A variant with content is an object with one member, named like the variant.
            Self::Object(members) => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members.into_iter())))
            }
            _ => Err(Unreadable),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'text>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        <V: Visitor<'text>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

impl<'text> IntoDeserializer<'text, Unreadable> for Json<'text> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("unreadable JSON")
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "camelCase")]
    struct Night {
        is_open: bool,
        left: i32,
        share: f64,
        max_stay: Option<u32>,
        min_stay: Option<u32>,
        kind: Kind,
        names: Vec<String>,
        pair: (u8, Tag),
        #[serde(default)]
        note: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Kind {
        SoldOut,
        #[serde(other)]
        Other,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Tag(String);

    #[test]
    fn a_text_is_parsed_into_a_tree() {
        let text = r#"{"a":[1,-2.5,18446744073709551615,true,null],"b":"\u00e9 \"x\"","b":"again"}"#;
        let mut tree = Json::parse(text).expect("JSON");
        assert_eq!(tree.take("b"), Some(Json::Text("é \"x\"".into())));
        let list = [Json::Whole(1), Json::Fraction(-2.5), Json::Fraction(1.8446744073709552e19), Json::Flag(true)];
        assert_eq!(tree.take("a"), Some(Json::List(list.into_iter().chain([Json::Null]).collect())));
        assert_eq!((tree.take("c"), Json::Null.take("c")), (None, None));
        for text in ["", "{", "[1,]", "{\"a\":1}x", "nul"] {
            assert_eq!(Json::parse(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn types_are_read_as_serde_json_reads_them() {
        let text = json!({
            "isOpen": true, "left": -3, "share": 2, "maxStay": 7, "minStay": null, "kind": "SOLD_OUT",
            "names": ["a\nb", "c"], "pair": [1, "t"], "unknown": { "of": ["any", 1.5] },
        })
        .to_string();
        let night: Night = read(&text).expect("a night");
        assert_eq!(night, serde_json::from_str::<Night>(&text).expect("a night"));
        assert_eq!((night.max_stay, night.kind, night.names[0].as_str()), (Some(7), Kind::SoldOut, "a\nb"));
        assert_eq!(read::<Kind>("\"SOMETHING\""), Ok(Kind::Other));
    }

    #[test]
    fn a_value_of_another_type_is_unreadable() {
        for text in ["-1", "256", "1.5", "\"1\"", "null", "[1]", "{}"] {
            assert_eq!(read::<u8>(text), Err(Unreadable), "{text}");
        }
        assert_eq!(read::<Night>("{}"), Err(Unreadable));
        assert_eq!(read::<Vec<u8>>("{\"a\":1}"), Err(Unreadable));
        assert_eq!(read::<(u8, u8)>("[1]"), Err(Unreadable));
        assert_eq!(read::<Kind>("7"), Err(Unreadable));
    }
}
