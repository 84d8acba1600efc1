//! How is a type written in the dialect: `string`, `[T]`, `map<string, T>`, `enum(a, b)`, a model's name?
//!
//! ```text
//! type = "[" type "]" | "map" "<" type "," type ">" | "enum" "(" value { "," value } ")" | name
//! ```

use crate::model::{Float, Integer, StringKind, Type};

/// How deep lists and maps may be nested in a type.
const DEEPEST: usize = 8;

/// A type as written; names are not looked up yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeExpr {
    /// A scalar or a model.
    Name(Word),
    /// `[T]`.
    List(Box<Self>),
    /// `map<K, V>`.
    Map(Box<Self>, Box<Self>),
    /// `enum(a, b)`.
    Enum(Vec<Word>),
}

/// A word and the character at which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) column: usize,
}

impl Word {
    /// Returns how many characters the word has.
    pub(crate) fn length(&self) -> usize {
        self.text.chars().count()
    }
}

/// What is wrong inside of a scalar, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) code: u16,
    pub(crate) column: usize,
    pub(crate) length: usize,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Reads a type.
pub(crate) fn parse(text: &str) -> Result<TypeExpr, Mistake> {
    let mut parser = Parser { text: text.chars().collect(), at: 0 };
    let expr = parser.expr(0)?;
    parser.spaces();
    if parser.at == parser.text.len() {
        return Ok(expr);
    }
    let rest: String = parser.text[parser.at..].iter().collect();
    let before: String = parser.text[..parser.at].iter().collect();
    let before = before.trim();
    let foreign = if rest.starts_with("[]") {
        Some(format!("write `[{before}]`"))
    } else if rest.starts_with('?') {
        Some(format!("write `{{ type: {before}, optional: true }}`"))
    } else if rest.starts_with('|') {
        Some(format!("write `{{ type: {before}, nullable: true }}`, or declare an enum or a union"))
    } else {
        None
    };
    let message = format!("unexpected `{}` after `{before}`", parser.text[parser.at]);
    Err(parser.mistake(message, foreign))
}

/// Returns the scalar type of a name, if it is one.
pub(crate) fn builtin(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "i8" => Type::Integer(Integer::I8),
        "i16" => Type::Integer(Integer::I16),
        "i32" => Type::Integer(Integer::I32),
        "i64" => Type::Integer(Integer::I64),
        "u8" => Type::Integer(Integer::U8),
        "u16" => Type::Integer(Integer::U16),
        "u32" => Type::Integer(Integer::U32),
        "u64" => Type::Integer(Integer::U64),
        "f32" => Type::Float(Float::F32),
        "f64" => Type::Float(Float::F64),
        "string" => Type::String(StringKind::Text),
        "url" => Type::String(StringKind::Url),
        "uuid" => Type::String(StringKind::Uuid),
        "bytes" => Type::Bytes,
        "json" => Type::Json,
        "datetime" => Type::DateTime,
        "duration" => Type::Duration,
        _ => return None,
    })
}

/// Returns what to write instead of a type of Rust, TypeScript or SQL.
pub(crate) fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "String" | "str" | "&str" | "text" | "Text" | "varchar" | "char" | "Cow" => "string",
        "int" | "Int" | "integer" | "Integer" | "bigint" | "long" | "isize" | "i128" => "i64",
        "number" | "Number" | "float" | "Float" | "double" | "decimal" => "f64",
        "usize" | "u128" | "uint" | "unsigned" => "u64",
        "boolean" | "Boolean" | "Bool" => "bool",
        "DateTime" | "Date" | "date" | "timestamp" | "Timestamp" | "Instant" => "datetime",
        "Duration" => "duration",
        "any" | "object" | "Value" | "Json" | "JSON" => "json",
        "Uuid" | "UUID" => "uuid",
        "Url" | "URL" | "Uri" | "uri" => "url",
        "blob" | "Bytes" | "binary" | "file" => "bytes",
        _ => return None,
    })
}

struct Parser {
    text: Vec<char>,
    at: usize,
}

impl Parser {
    fn spaces(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn mistake(&self, message: String, help: Option<String>) -> Mistake {
        Mistake {
            code: 202,
            column: self.at.min(self.text.len().saturating_sub(1)),
            length: 1,
            message,
            help: help.unwrap_or_else(|| {
                "a type is `string`, `[T]`, `map<string, T>`, `enum(a, b)` or a model's name".to_owned()
            }),
        }
    }

    /// Reads one character that must come.
    fn expect(&mut self, wanted: char) -> Result<(), Mistake> {
        self.spaces();
        if self.text.get(self.at) == Some(&wanted) {
            self.at += 1;
            return Ok(());
        }
        let whole: String = self.text.iter().take(60).collect();
        // Without quotes, a comma inside of `{ … }` ends the text.
        let help = (self.at == self.text.len() && matches!(wanted, ',' | ')'))
            .then(|| "inside of `{ … }` a type with a comma needs quotes: `\"map<string, T>\"`".to_owned());
        Err(self.mistake(format!("expected `{wanted}` in `{whole}`"), help))
    }

    fn word(&mut self) -> Word {
        self.spaces();
        let column = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '&')) {
            self.at += 1;
        }
        Word { text: self.text[column..self.at].iter().collect(), column }
    }

    fn expr(&mut self, depth: usize) -> Result<TypeExpr, Mistake> {
        if depth > DEEPEST {
            let help = "give the inner part a name under `models`".to_owned();
            return Err(self.mistake("this type is nested too deep".to_owned(), Some(help)));
        }
        self.spaces();
        if self.text.get(self.at) == Some(&'[') {
            self.at += 1;
            let item = self.expr(depth + 1)?;
            self.expect(']')?;
            return Ok(TypeExpr::List(Box::new(item)));
        }
        let word = self.word();
        if word.text.is_empty() {
            let message = match self.text.get(self.at) {
                Some(found) => format!("expected a type, found `{found}`"),
                None => "expected a type".to_owned(),
            };
            return Err(self.mistake(message, None));
        }
        match (word.text.as_str(), self.text.get(self.at)) {
            ("map", Some('<')) => {
                self.at += 1;
                let key = self.expr(depth + 1)?;
                self.expect(',')?;
                let value = self.expr(depth + 1)?;
                self.expect('>')?;
                Ok(TypeExpr::Map(Box::new(key), Box::new(value)))
            }
            ("enum", Some('(')) => self.values(),
            (_, Some('<')) => Err(self.generic(&word)),
            ("map", _) => Err(self.mistake(
                "`map` needs the types of its keys and values".to_owned(),
                Some("write `map<string, T>`".to_owned()),
            )),
            ("enum", _) => {
                Err(self.mistake("`enum` needs its values".to_owned(), Some("write `enum(a, b)`".to_owned())))
            }
            _ => Ok(TypeExpr::Name(word)),
        }
    }

    /// Reads the values of an inline enum, from its parenthesis on.
    fn values(&mut self) -> Result<TypeExpr, Mistake> {
        self.at += 1;
        let mut values = Vec::new();
        loop {
            let word = self.word();
            if word.text.is_empty() {
                let help = Some("write the values with commas between: `enum(day, week)`".to_owned());
                let message = if values.is_empty() { "this enum has no values" } else { "expected a value" };
                let mut mistake = self.mistake(message.to_owned(), help);
                if values.is_empty() {
                    mistake.code = 305;
                }
                return Err(mistake);
            }
            values.push(word);
            self.spaces();
            if self.text.get(self.at) == Some(&',') {
                self.at += 1;
            } else {
                break;
            }
        }
        self.expect(')')?;
        Ok(TypeExpr::Enum(values))
    }

    /// Says what to write instead of a generic type of Rust's.
    fn generic(&self, word: &Word) -> Mistake {
        let rest: String = self.text[self.at + 1..].iter().collect();
        let inner = rest.rfind('>').map_or(rest.as_str(), |end| &rest[..end]).trim().to_owned();
        let value = inner.split_once(',').map_or(inner.as_str(), |(_, value)| value.trim());
        let help = match word.text.as_str() {
            "Vec" | "Array" | "List" | "list" | "array" | "VecDeque" | "Set" | "HashSet" | "BTreeSet" => {
                format!("write `[{inner}]`")
            }
            "Option" | "Maybe" => format!("write `{{ type: {inner}, optional: true }}`"),
            "HashMap" | "BTreeMap" | "Map" | "Record" | "Dict" | "dict" | "IndexMap" => {
                format!("write `map<string, {value}>`")
            }
            "Box" | "Arc" | "Rc" => format!("write `{inner}`"),
            _ => "only `map<string, T>` has parameters; a list is written `[T]`".to_owned(),
        };
        Mistake {
            code: 201,
            column: word.column,
            length: word.length(),
            message: format!("unknown type `{}`", word.text),
            help,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TypeExpr, Word, parse};

    fn name(text: &str, column: usize) -> TypeExpr {
        TypeExpr::Name(Word { text: text.to_owned(), column })
    }

    fn mistake(text: &str) -> (u16, usize, String, String) {
        let mistake = parse(text).expect_err(text);
        (mistake.code, mistake.column, mistake.message, mistake.help)
    }

    #[test]
    fn lists_maps_and_enums_nest() {
        assert_eq!(parse("string"), Ok(name("string", 0)));
        assert_eq!(parse("[ User ]"), Ok(TypeExpr::List(Box::new(name("User", 2)))));
        assert_eq!(
            parse("map<string, [u8]>"),
            Ok(TypeExpr::Map(Box::new(name("string", 4)), Box::new(TypeExpr::List(Box::new(name("u8", 13))))))
        );
        let words = [Word { text: "a".into(), column: 5 }, Word { text: "b-c".into(), column: 8 }];
        assert_eq!(parse("enum(a, b-c)"), Ok(TypeExpr::Enum(words.into())));
    }

    #[test]
    fn mistake_is_placed_inside_the_text() {
        let (code, column, message, _) = mistake("map<string, u32");
        assert_eq!((code, column), (202, 14));
        assert_eq!(message, "expected `>` in `map<string, u32`");
        assert_eq!(mistake("[string").1, 6);
        assert!(mistake("map<string").3.contains("needs quotes"));
        assert!(mistake("enum(a").3.contains("needs quotes"));
        assert_eq!(mistake("[map]").3, "write `map<string, T>`");
        assert_eq!(mistake("").1, 0);
        assert_eq!(mistake("a b").1, 2);
        assert_eq!(mistake("[é, b]").1, 2);
        assert_eq!(mistake("enum()").0, 305);
        assert_eq!(mistake("enum(a,)").0, 202);
        assert_eq!(mistake(&"[".repeat(1000)).2, "this type is nested too deep");
    }

    #[test]
    fn spellings_of_other_languages_are_translated() {
        assert_eq!(mistake("Vec<User>").3, "write `[User]`");
        assert_eq!(mistake("Option<u32>").3, "write `{ type: u32, optional: true }`");
        assert_eq!(mistake("HashMap<String, u32>").3, "write `map<string, u32>`");
        assert_eq!(mistake("User[]").3, "write `[User]`");
        assert_eq!(mistake("string?").3, "write `{ type: string, optional: true }`");
        assert!(mistake("string | null").3.starts_with("write `{ type: string, nullable: true }`"));
    }
}
