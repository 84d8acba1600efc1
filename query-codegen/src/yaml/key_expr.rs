//! How are cached entries named in a rule: `users`, `users.list(author = id)`, `users.detail(id)`, `query.me`?

use crate::{
    model::{KeyArgument, KeyDef, KeyKind},
    name,
    origin::{Origin, Spanned},
    yaml::type_expr::{Mistake, Word},
};

/// What such an expression looks like.
const LEGAL: &str = "write `users`, `users.list`, `users.infinite`, `users.detail(id)` or `query.me`";

/// Reads the name of cached entries; `origin` is the scalar that holds it.
pub(crate) fn parse(text: &str, origin: &Origin) -> Result<KeyDef, Mistake> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, origin };
    parser.key()
}

struct Parser<'o> {
    text: Vec<char>,
    at: usize,
    origin: &'o Origin,
}

impl Parser<'_> {
    fn spaces(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn takes(&mut self, wanted: char) -> bool {
        self.spaces();
        let takes = self.text.get(self.at) == Some(&wanted);
        self.at += usize::from(takes);
        takes
    }

    fn mistake(&self, column: usize, length: usize, message: String, help: &str) -> Mistake {
        let column = column.min(self.text.len().saturating_sub(1));
        Mistake { code: 704, column, length: length.max(1), message, help: help.to_owned() }
    }

    /// Reads a name that must come.
    fn name(&mut self, what: &str) -> Result<Word, Mistake> {
        self.spaces();
        let column = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
            self.at += 1;
        }
        let word = Word { text: self.text[column..self.at].iter().collect(), column };
        match name::problem(&word.text) {
            None => Ok(word),
            Some(_) if word.text.is_empty() => Err(self.mistake(column, 1, format!("expected {what}"), LEGAL)),
            Some(problem) => {
                let message = format!("`{}` is not {what}: {problem}", word.text);
                Err(self.mistake(column, word.length(), message, LEGAL))
            }
        }
    }

    fn spanned(&self, word: Word) -> Spanned<String> {
        let origin = self.origin.within(word.column, word.length());
        Spanned::new(word.text, origin)
    }

    fn key(&mut self) -> Result<KeyDef, Mistake> {
        let root = self.name("the name of a resource")?;
        let is_query = root.text == "query";
        let root = self.spanned(root);
        let kind = if self.takes('.') {
            let word = self.name("`list`, `infinite`, `detail` or a relation")?;
            if is_query { KeyKind::Query(self.spanned(word)) } else { self.kind(word)? }
        } else if is_query {
            return Err(self.mistake(self.at, 1, "`query` needs a name".to_owned(), "write `query.me`"));
        } else {
            KeyKind::All
        };
        self.spaces();
        if let Some(rest) = self.text.get(self.at) {
            let message = format!("unexpected `{rest}`");
            let length = self.text.len() - self.at;
            return Err(self.mistake(self.at, length, message, LEGAL));
        }
        Ok(KeyDef { root, kind, origin: self.origin.clone() })
    }

    fn kind(&mut self, word: Word) -> Result<KeyKind, Mistake> {
        match word.text.as_str() {
            "list" => Ok(KeyKind::Lists(self.arguments()?)),
            "infinite" => Ok(KeyKind::Infinites),
            "detail" => Ok(KeyKind::Detail(self.id()?)),
            _ => {
                let relation = self.spanned(word);
                Ok(KeyKind::Relation(relation, self.id()?))
            }
        }
    }

    /// Reads `(id)`, if it comes.
    fn id(&mut self) -> Result<Option<Spanned<String>>, Mistake> {
        if !self.takes('(') {
            return Ok(None);
        }
        let word = self.name("the name of an id")?;
        self.close()?;
        Ok(Some(self.spanned(word)))
    }

    fn close(&mut self) -> Result<(), Mistake> {
        if self.takes(')') {
            return Ok(());
        }
        Err(self.mistake(self.at, 1, "expected `)`".to_owned(), LEGAL))
    }

    /// Reads `(author = id, kind = kind)`, if it comes.
    fn arguments(&mut self) -> Result<Vec<KeyArgument>, Mistake> {
        let mut arguments = Vec::new();
        if !self.takes('(') || self.takes(')') {
            return Ok(arguments);
        }
        loop {
            let parameter = self.name("the name of a list parameter")?;
            if !self.takes('=') {
                let help = "write `posts.list(author = id)`: a parameter of the list and its value";
                return Err(self.mistake(self.at, 1, "expected `=`".to_owned(), help));
            }
            let value = self.name("the name of a parameter or a field")?;
            let (parameter, value) = (self.spanned(parameter), self.spanned(value));
            arguments.push(KeyArgument { parameter, value });
            if !self.takes(',') {
                break;
            }
        }
        self.close()?;
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::{
        model::{KeyDef, KeyKind},
        origin::{NodePart, NodePlace, Origin},
    };

    fn origin() -> Origin {
        Origin::Yaml(NodePlace { path: Vec::new(), part: NodePart::Value, within: None })
    }

    fn key(text: &str) -> KeyDef {
        parse(text, &origin()).expect(text)
    }

    fn mistake(text: &str) -> (usize, String) {
        let mistake = parse(text, &origin()).expect_err(text);
        (mistake.column, mistake.message)
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(matches!(key("users").kind, KeyKind::All));
        assert!(matches!(key("users.infinite").kind, KeyKind::Infinites));
        assert!(matches!(key("users.detail").kind, KeyKind::Detail(None)));
        assert!(matches!(key("users.detail( id )").kind, KeyKind::Detail(Some(id)) if *id == "id"));
        assert!(matches!(key("query.me").kind, KeyKind::Query(name) if *name == "me"));
        assert!(matches!(key("users.posts(id)").kind, KeyKind::Relation(name, Some(_)) if *name == "posts"));
        assert!(matches!(key("users.list()").kind, KeyKind::Lists(list) if list.is_empty()));
    }

    #[test]
    fn arguments_know_their_columns() {
        let KeyKind::Lists(arguments) = key("posts.list(author = id, kind=k)").kind else {
            panic!("not a list");
        };
        assert_eq!(arguments.len(), 2);
        let Origin::Yaml(place) = &arguments[1].value.origin else { panic!("no place") };
        assert_eq!(place.within, Some((29, 1)));
    }

    #[test]
    fn mistakes_are_placed_inside_the_text() {
        assert_eq!(mistake("users.detail(id").0, 14);
        assert_eq!(mistake("users.").0, 5);
        assert_eq!(mistake("").1, "expected the name of a resource");
        assert_eq!(mistake("users.list(author)").0, 17);
        assert_eq!(mistake("users.infinite(x)").0, 14);
        assert_eq!(mistake("query").1, "`query` needs a name");
        assert_eq!(mistake("users.detail(1)").0, 13);
    }
}
