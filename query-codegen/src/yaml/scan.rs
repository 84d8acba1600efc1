//! Which tokens of the text does the dialect refuse: anchors, aliases, tags, directives, a second document, deep nesting?
//!
//! The YAML library resolves anchors and core tags before a visitor sees them, so they are looked for in the text. The
//! scanner knows as much of YAML as it needs to tell a token from the inside of a quoted text, a comment, a block scalar
//! or a plain text that goes on over several lines. It never fails: what it does not understand, the library refuses.

/// A token that the dialect refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What it is.
    pub(crate) what: Token,
    /// Its first character, counted from the beginning of the text.
    pub(crate) start: usize,
    /// How many characters it has.
    pub(crate) length: usize,
}

/// The kinds of tokens that the dialect refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Anchor,
    Alias,
    Tag,
    Directive,
    Document,
    Deep,
}

/// How deep flow maps and lists may be nested.
pub(crate) const DEEPEST: usize = 64;

/// How many refused tokens are remembered.
const MOST: usize = 200;

/// Returns the refused tokens of a text, in order.
pub(crate) fn scan(text: &str) -> Vec<Refused> {
    let mut scanner = Scanner {
        text: text.chars().collect(),
        at: 0,
        column: 0,
        indents: Vec::new(),
        flow: 0,
        content: false,
        refused: Vec::new(),
    };
    while scanner.at < scanner.text.len() && scanner.refused.len() < MOST {
        if !scanner.token() {
            break;
        }
    }
    scanner.refused
}

struct Scanner {
    text: Vec<char>,
    /// The next character.
    at: usize,
    /// Its column, 0-based.
    column: usize,
    /// The columns of the open block maps and lists.
    indents: Vec<usize>,
    /// How many flow maps and lists are open.
    flow: usize,
    /// Whether the first document has begun to have content.
    content: bool,
    refused: Vec<Refused>,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        if let Some(character) = self.peek(0) {
            self.at += 1;
            self.column = if character == '\n' { 0 } else { self.column + 1 };
        }
    }

    fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.step();
        }
    }

    /// Whether the character ends a word: white space, or the end of the text.
    fn is_blank(&self, ahead: usize) -> bool {
        self.peek(ahead).is_none_or(char::is_whitespace)
    }

    fn refuse(&mut self, what: Token, length: usize) {
        self.refused.push(Refused { what, start: self.at, length: length.max(1) });
    }

    /// Reads one token; returns whether there is any sense in reading on.
    fn token(&mut self) -> bool {
        let Some(character) = self.peek(0) else { return false };
        if character.is_whitespace() {
            self.step();
            return true;
        }
        if character == '#' {
            self.skip_line();
            return true;
        }
        if self.column == 0
            && self.flow == 0
            && let Some(go_on) = self.marker(character)
        {
            return go_on;
        }
        self.content = true;
        if self.flow == 0 {
            while self.indents.last().is_some_and(|indent| *indent > self.column) {
                self.indents.pop();
            }
        }
        match character {
            '[' | '{' => {
                self.flow += 1;
                if self.flow > DEEPEST {
                    self.refuse(Token::Deep, 1);
                    return false;
                }
                self.step();
            }
            ']' | '}' => {
                self.flow = self.flow.saturating_sub(1);
                self.step();
            }
            ',' => self.step(),
            '-' | '?' if self.is_blank(1) => {
                self.open_block();
                self.step();
            }
            ':' if self.is_blank(1) || self.flow > 0 => self.step(),
            '&' => self.property(Token::Anchor),
            '*' => self.property(Token::Alias),
            '!' => self.property(Token::Tag),
            '|' | '>' if self.flow == 0 => self.block_scalar(),
            '"' | '\'' => self.quoted(character),
            _ => self.plain(),
        }
        true
    }

    /// Reads `---`, `...` and directives; returns nothing if there are none here.
    fn marker(&mut self, character: char) -> Option<bool> {
        if character == '%' && !self.content {
            let length = self.line_length();
            self.refuse(Token::Directive, length);
            self.skip_line();
            return Some(true);
        }
        let three = (0..3).all(|ahead| self.peek(ahead) == Some(character)) && self.is_blank(3);
        match character {
            '-' if three && self.content => {
                self.refuse(Token::Document, 3);
                Some(false)
            }
            '-' | '.' if three => {
                self.content = true;
                self.steps(3);
                Some(true)
            }
            _ => None,
        }
    }

    /// Opens a block map or list at this column, unless it is open.
    fn open_block(&mut self) {
        if self.flow == 0 && self.indents.last().is_none_or(|indent| *indent < self.column) {
            self.indents.push(self.column);
        }
    }

    fn line_length(&self) -> usize {
        self.text[self.at..].iter().take_while(|c| **c != '\n').count()
    }

    fn skip_line(&mut self) {
        let length = self.line_length();
        self.steps(length);
    }

    /// Reads an anchor, an alias or a tag.
    fn property(&mut self, what: Token) {
        let length = self.text[self.at..]
            .iter()
            .take_while(|c| !(c.is_whitespace() || self.flow > 0 && matches!(c, ',' | ']' | '}')))
            .count();
        self.refuse(what, length);
        self.steps(length);
    }

    /// Reads a quoted text, and opens a block map if it is a key.
    fn quoted(&mut self, quote: char) {
        let column = self.column;
        self.step();
        while let Some(character) = self.peek(0) {
            let is_escaped = character == '\\' && quote == '"';
            let is_doubled = character == '\'' && quote == '\'' && self.peek(1) == Some('\'');
            if is_escaped || is_doubled {
                self.steps(2);
            } else if character == quote {
                self.step();
                break;
            } else {
                self.step();
            }
        }
        let spaces = self.text[self.at..].iter().take_while(|c| matches!(c, ' ' | '\t')).count();
        if self.peek(spaces) == Some(':') {
            self.open_key(column);
        }
    }

    fn open_key(&mut self, column: usize) {
        if self.flow == 0 && self.indents.last().is_none_or(|indent| *indent < column) {
            self.indents.push(column);
        }
    }

    /// Reads a plain text: a key up to its colon, or a value with the lines it goes on over.
    fn plain(&mut self) {
        let column = self.column;
        let indent = self.indents.last().map_or(0, |indent| indent + 1);
        let mut first_line = true;
        loop {
            let mut before = ' ';
            while let Some(character) = self.peek(0) {
                let ends = match character {
                    '\n' => true,
                    ':' => {
                        self.is_blank(1) || (self.flow > 0 && matches!(self.peek(1), Some(',' | '[' | ']' | '{' | '}')))
                    }
                    '#' => before.is_whitespace(),
                    ',' | '[' | ']' | '{' | '}' => self.flow > 0,
                    _ => false,
                };
                if ends {
                    break;
                }
                before = character;
                self.step();
            }
            match self.peek(0) {
                Some('\n') => {}
                Some(':') => {
                    if first_line {
                        self.open_key(column);
                    }
                    return;
                }
                _ => return,
            }
            let Some((newlines, spaces)) = self.next_text() else { return };
            let next = newlines + spaces;
            let starts_comment = self.peek(next) == Some('#');
            let is_marker = spaces == 0
                && ['-', '.'].iter().any(|m| (0..3).all(|i| self.peek(next + i) == Some(*m)))
                && self.is_blank(next + 3);
            if starts_comment || is_marker || (self.flow == 0 && spaces < indent) {
                return;
            }
            self.steps(next);
            first_line = false;
        }
    }

    /// Returns how many characters there are up to the start of the next line that is not blank, and its indentation.
    fn next_text(&self) -> Option<(usize, usize)> {
        let mut ahead = 0;
        let mut spaces = 0;
        loop {
            match self.peek(ahead + spaces)? {
                '\n' => {
                    ahead += spaces + 1;
                    spaces = 0;
                }
                c if c.is_whitespace() => spaces += 1,
                _ => return Some((ahead, spaces)),
            }
        }
    }

    /// Reads a block scalar: its header, and all lines that belong to it.
    fn block_scalar(&mut self) {
        let explicit = (1..3).find_map(|ahead| self.peek(ahead).and_then(|c| c.to_digit(10)));
        self.skip_line();
        let parent = self.indents.last().copied();
        let least = parent.map_or(0, |indent| indent + 1);
        let mut indent = explicit.map(|digit| parent.unwrap_or(0) + digit as usize);
        while self.peek(0) == Some('\n') {
            let spaces = self.text[self.at + 1..].iter().take_while(|c| **c == ' ').count();
            let first = self.peek(1 + spaces);
            let blank = matches!(first, None | Some('\n' | '\r'));
            let is_marker =
                spaces == 0 && ['-', '.'].iter().any(|m| (1..4).all(|i| self.peek(i) == Some(*m))) && self.is_blank(4);
            if is_marker || (!blank && spaces < indent.unwrap_or(least)) {
                return;
            }
            if !blank && indent.is_none() {
                indent = Some(spaces.max(least));
            }
            self.step();
            self.skip_line();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, scan};

    fn found(text: &str) -> Vec<(Token, usize, usize)> {
        scan(text).into_iter().map(|one| (one.what, one.start, one.length)).collect()
    }

    #[test]
    fn anchors_aliases_and_tags_are_found_at_the_start_of_a_node_only() {
        assert_eq!(found("a: &x 1\nb: *x\n"), [(Token::Anchor, 3, 2), (Token::Alias, 11, 2)]);
        assert_eq!(found("[&a b, *a, !!str c]").len(), 3);
        assert_eq!(found("é: !t x"), [(Token::Tag, 3, 2)]);
        assert!(found("a: b &c *d !e\n").is_empty());
        assert!(found("a: x&y\nb: 'it''s &x'\nc: \"\\\" *y\"\n# &z *z !z\n").is_empty());
    }

    #[test]
    fn plain_text_goes_on_over_lines() {
        assert!(found("doc: this is\n  *not* an alias\n  &nor an anchor\n").is_empty());
        assert!(found("doc:\n  this is\n  *not* one\nb: 1\n").is_empty());
        assert!(found("doc:\n  this is\n\n  *not* one\nb: 1\n").is_empty());
        assert!(found("{a: this is\n*not* one}").is_empty());
        assert_eq!(found("doc: this is\n  text\nb: *x\n").len(), 1);
        assert_eq!(found("- a\n- *x\n").len(), 1);
        assert_eq!(found("- k: a\n  l: *x\n").len(), 1);
        assert_eq!(found("k:\n- a\n- *x\n").len(), 1);
    }

    #[test]
    fn block_scalars_hide_what_they_hold() {
        assert!(found("a: |\n  &x *y !z\n\n    ---\n  --- x\nb: 1\n").is_empty());
        assert_eq!(found("a: >-\n  text\nb: *x\n").len(), 1);
        assert_eq!(found("a:\n  b: |2\n     x\n  c: &x\n").len(), 1);
        assert!(found("a: |\r\n  &x\r\n  *y\r\nb: 1\r\n").is_empty());
    }

    #[test]
    fn second_document_directives_and_deep_nesting_are_found() {
        assert_eq!(found("---\na: 1\n---\nb: 2\n"), [(Token::Document, 9, 3)]);
        assert_eq!(found("a: 1\n...\n---\n").len(), 1);
        assert!(found("---\na: 1\n...\n").is_empty());
        assert_eq!(found("%YAML 1.1\n---\na: 1\n")[0].0, Token::Directive);
        assert_eq!(found(&"[".repeat(5000)), [(Token::Deep, 64, 1)]);
    }
}
