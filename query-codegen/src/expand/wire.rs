//! What is a name called on the wire, and which of serde's rules says the same?

use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToSnakeCase};

use crate::model::WireCase;

/// Returns the name in the API's casing.
pub(crate) fn cased(name: &str, case: WireCase) -> String {
    match case {
        WireCase::Camel => name.to_lower_camel_case(),
        WireCase::Snake => name.to_snake_case(),
        WireCase::Kebab => name.to_kebab_case(),
        WireCase::Pascal => name.to_pascal_case(),
        WireCase::AsIs => name.to_owned(),
    }
}

/// A `rename_all` rule of serde's, as it is written in the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SerdeRule(&'static str);

impl SerdeRule {
    /// The rules for fields that a schema's casing can mean, the identity first.
    const FIELDS: [&'static str; 4] = ["snake_case", "camelCase", "kebab-case", "PascalCase"];
    /// The rules for variants, the identity first.
    const VARIANTS: [&'static str; 7] =
        ["PascalCase", "lowercase", "snake_case", "camelCase", "kebab-case", "SCREAMING_SNAKE_CASE", "UPPERCASE"];

    /// Returns the text of the attribute.
    pub(crate) fn text(self) -> &'static str {
        self.0
    }

    /// Returns what serde makes of a field called `ident`, which is in snake case.
    ///
    /// Only serde's own algorithm will do: heck joins and splits words where serde does not.
    pub(crate) fn of_field(self, ident: &str) -> String {
        match self.0 {
            "PascalCase" => pascal_of_snake(ident),
            "camelCase" => lower_first(&pascal_of_snake(ident)),
            "kebab-case" => ident.replace('_', "-"),
            _ => ident.to_owned(),
        }
    }

    /// Returns what serde makes of a variant called `ident`, which is in Pascal case.
    pub(crate) fn of_variant(self, ident: &str) -> String {
        match self.0 {
            "lowercase" => ident.to_ascii_lowercase(),
            "UPPERCASE" => ident.to_ascii_uppercase(),
            "camelCase" => lower_first(ident),
            "snake_case" => snake_of_pascal(ident),
            "SCREAMING_SNAKE_CASE" => snake_of_pascal(ident).to_ascii_uppercase(),
            "kebab-case" => snake_of_pascal(ident).replace('_', "-"),
            _ => ident.to_owned(),
        }
    }

    /// Returns the rule that gives every field its wire name, if one does and it is needed.
    pub(crate) fn for_fields(fields: &[(String, String)]) -> Option<Self> {
        Self::first(&Self::FIELDS, fields, Self::of_field)
    }

    /// Returns the rule that gives every variant its wire name, if one does and it is needed.
    pub(crate) fn for_variants(variants: &[(String, String)]) -> Option<Self> {
        Self::first(&Self::VARIANTS, variants, Self::of_variant)
    }

    fn first(rules: &[&'static str], names: &[(String, String)], apply: fn(Self, &str) -> String) -> Option<Self> {
        let mut fitting = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| names.iter().all(|(ident, wire)| apply(Self(rule), ident) == *wire));
        match fitting.next() {
            // The first rule is what serde does without being told.
            Some((index, rule)) if index > 0 => Some(Self(rule)),
            _ => None,
        }
    }
}

/// serde: each letter after a `_` in upper case.
fn pascal_of_snake(ident: &str) -> String {
    let mut text = String::new();
    let mut capital = true;
    for character in ident.chars() {
        if character == '_' {
            capital = true;
        } else if capital {
            text.push(character.to_ascii_uppercase());
            capital = false;
        } else {
            text.push(character);
        }
    }
    text
}

/// serde: a `_` before each upper case letter but the first.
fn snake_of_pascal(ident: &str) -> String {
    let mut text = String::new();
    for (index, character) in ident.char_indices() {
        if index > 0 && character.is_uppercase() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::SerdeRule;

    fn names(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn a_rule_is_used_only_if_it_gives_every_name() {
        let rule = SerdeRule::for_fields(&names(&[("id", "id"), ("created_at", "createdAt")]));
        assert_eq!(rule.map(SerdeRule::text), Some("camelCase"));
        assert_eq!(SerdeRule::for_fields(&names(&[("user_id", "userID"), ("created_at", "createdAt")])), None);
    }

    #[test]
    fn names_that_serde_gives_by_itself_need_no_rule() {
        assert_eq!(SerdeRule::for_fields(&names(&[("id", "id"), ("user_id", "user_id")])), None);
    }

    #[test]
    fn variants_have_rules_of_their_own() {
        let rule = SerdeRule::for_variants(&names(&[("ReadOnly", "read_only"), ("Admin", "admin")]));
        assert_eq!(rule.map(SerdeRule::text), Some("snake_case"));
    }
}
