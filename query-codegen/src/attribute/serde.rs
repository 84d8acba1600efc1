//! What does the `#[serde(…)]` beside our attribute say about names on the wire and about fields that may be missing?
//!
//! serde reports its own mistakes; what cannot be read here is passed over in silence.

use heck::{ToKebabCase, ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::Span;
use syn::{Attribute, Lit, Meta};

use super::parse::{Entry, Head, Tail, Value, entries};
use crate::{
    diagnostics::Diagnostics,
    model::{SerdeTreatment, WireCase},
    origin::{Origin, Spanned},
};

/// A rule of `#[serde(rename_all = "…")]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    AsIs,
    Upper,
    Pascal,
    Camel,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// What serde does with the struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct StructRules {
    rule: Rule,
    /// The same as a word of the model, where it has one; elsewhere every field carries its name.
    pub wire: WireCase,
    /// Where the rule is written.
    pub span: Option<Span>,
}

/// What serde does with a field.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldRules {
    rename: Option<Spanned<String>>,
    /// `#[serde(default)]`, with or without a function.
    pub default: Option<Origin>,
    /// `#[serde(skip_serializing_if = "…")]`.
    pub is_skipped_if_empty: bool,
    /// Whether the field is on the wire at all.
    pub treatment: SerdeTreatment,
}

impl StructRules {
    /// Reads the attributes of a struct.
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let mut rules = Self { rule: Rule::AsIs, wire: WireCase::AsIs, span: None };
        for entry in serde_entries(attributes) {
            let Some(("rename_all", tail)) = keyed(&entry) else { continue };
            let Some(text) = name(tail) else { continue };
            (rules.rule, rules.wire) = match text.value.as_str() {
                "UPPERCASE" => (Rule::Upper, WireCase::AsIs),
                "PascalCase" => (Rule::Pascal, WireCase::Pascal),
                "camelCase" => (Rule::Camel, WireCase::Camel),
                "snake_case" => (Rule::AsIs, WireCase::Snake),
                "SCREAMING_SNAKE_CASE" => (Rule::ScreamingSnake, WireCase::AsIs),
                "kebab-case" => (Rule::Kebab, WireCase::Kebab),
                "SCREAMING-KEBAB-CASE" => (Rule::ScreamingKebab, WireCase::AsIs),
                _ => (Rule::AsIs, WireCase::AsIs),
            };
            rules.span = Some(text.origin.span());
        }
        rules
    }

    /// Returns the field's name on the wire where the API's naming alone would not give it.
    pub(super) fn rename(&self, field: &str, own: &FieldRules) -> Option<Spanned<String>> {
        let serdes = own.rename.clone().unwrap_or_else(|| {
            let origin = self.span.map_or(Origin::Default, Origin::Span);
            Spanned::new(self.rule.apply(field), origin)
        });
        (serdes.value != cased(self.wire, field)).then_some(serdes)
    }
}

impl FieldRules {
    /// Reads the attributes of a field.
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let mut rules = Self::default();
        for entry in serde_entries(attributes) {
            let Some((word, tail)) = keyed(&entry) else { continue };
            match word {
                "rename" => rules.rename = name(tail),
                "default" => rules.default = Some(entry.origin()),
                "skip_serializing_if" => rules.is_skipped_if_empty = true,
                "flatten" => rules.treatment = SerdeTreatment::Flattened,
                "skip" | "skip_deserializing" => rules.treatment = SerdeTreatment::Skipped,
                _ => {}
            }
        }
        rules
    }
}

impl Rule {
    /// Returns the name that serde's rule makes of a field's.
    fn apply(self, field: &str) -> String {
        match self {
            Self::AsIs => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => {
                let pascal = pascal(field);
                let mut characters = pascal.chars();
                let first = characters.next().map(|c| c.to_ascii_lowercase());
                first.into_iter().chain(characters).collect()
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal(field: &str) -> String {
    let mut capital = true;
    let mut pascal = String::new();
    for character in field.chars() {
        if character == '_' {
            capital = true;
        } else if capital {
            pascal.push(character.to_ascii_uppercase());
            capital = false;
        } else {
            pascal.push(character);
        }
    }
    pascal
}

/// Returns the name that the model's naming makes of a field's.
fn cased(case: WireCase, field: &str) -> String {
    match case {
        WireCase::Camel => field.to_lower_camel_case(),
        WireCase::Snake => field.to_snake_case(),
        WireCase::Kebab => field.to_kebab_case(),
        WireCase::Pascal => field.to_upper_camel_case(),
        WireCase::AsIs => field.to_owned(),
    }
}

fn serde_entries(attributes: &[Attribute]) -> Vec<Entry> {
    let mut unheard = Diagnostics::new();
    let mut read = Vec::new();
    for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
        if let Meta::List(list) = &attribute.meta {
            read.extend(entries(list.tokens.clone(), &mut unheard));
        }
    }
    read
}

fn keyed(entry: &Entry) -> Option<(&str, &Tail)> {
    match &entry.head {
        Head::Word(word) => Some((word.text.as_str(), &entry.tail)),
        Head::Literal(_) => None,
    }
}

/// Reads `= "name"` and `(serialize = "name", deserialize = "name")`; what is sent counts.
fn name(tail: &Tail) -> Option<Spanned<String>> {
    match tail {
        Tail::Value(Value::Literal(literal)) => match &literal.lit {
            Lit::Str(text) => Some(Spanned::new(text.value(), Origin::Span(literal.span))),
            _ => None,
        },
        Tail::Arguments(arguments) => {
            let of = |side: &str| {
                let mut keyed = arguments.entries.iter().filter_map(keyed);
                keyed.find(|(word, _)| *word == side).and_then(|(_, tail)| name(tail))
            };
            of("serialize").or_else(|| of("deserialize"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::{ItemStruct, parse_quote};

    use super::{FieldRules, StructRules};
    use crate::model::{SerdeTreatment, WireCase};

    fn wire_names(item: &ItemStruct) -> Vec<Option<String>> {
        let rules = StructRules::read(&item.attrs);
        let rename = |field: &syn::Field| {
            let name = field.ident.as_ref().expect("named").to_string();
            rules.rename(&name, &FieldRules::read(&field.attrs)).map(|name| name.value)
        };
        item.fields.iter().map(rename).collect()
    }

    #[test]
    fn rename_all_is_the_apis_naming_and_rename_wins() {
        let item: ItemStruct = parse_quote! {
            #[serde(rename_all = "camelCase")]
            struct User { created_at: u8, #[serde(rename = "mail")] email: u8, #[serde(rename = "postCount")] post_count: u8 }
        };
        assert_eq!(StructRules::read(&item.attrs).wire, WireCase::Camel);
        assert_eq!(wire_names(&item), [None, Some("mail".to_owned()), None]);
    }

    #[test]
    fn where_serde_and_the_model_case_differently_the_field_carries_its_name() {
        let item: ItemStruct = parse_quote! {
            #[serde(rename_all = "camelCase")]
            struct User { user_ID: u8, plain: u8 }
        };
        assert_eq!(wire_names(&item), [Some("userID".to_owned()), None]);
        let item: ItemStruct = parse_quote! {
            #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
            struct User { created_at: u8 }
        };
        assert_eq!(wire_names(&item), [Some("CREATED-AT".to_owned())]);
    }

    #[test]
    fn without_a_rule_names_are_as_they_are() {
        let item: ItemStruct = parse_quote! {
            struct User { created_at: u8, #[serde(rename(serialize = "a", deserialize = "b"))] x: u8 }
        };
        assert_eq!(wire_names(&item), [None, Some("a".to_owned())]);
    }

    #[test]
    fn skip_flatten_and_default_are_heard() {
        let item: ItemStruct = parse_quote! {
            struct User {
                #[serde(skip)] a: u8,
                #[serde(flatten)] b: u8,
                #[serde(default = "x", skip_serializing_if = "y")] c: u8,
                #[serde(=)] d: u8,
            }
        };
        let rules: Vec<FieldRules> = item.fields.iter().map(|one| FieldRules::read(&one.attrs)).collect();
        assert_eq!(rules[0].treatment, SerdeTreatment::Skipped);
        assert_eq!(rules[1].treatment, SerdeTreatment::Flattened);
        assert!(rules[2].default.is_some() && rules[2].is_skipped_if_empty);
        assert_eq!(rules[3].treatment, SerdeTreatment::Plain);
    }
}
