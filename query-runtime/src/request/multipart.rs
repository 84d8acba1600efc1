//! How are files and fields packed into one body (RFC 7578)?

use std::hash::{DefaultHasher, Hash, Hasher};

/// One file or field.
#[derive(Clone)]
pub(super) struct Part {
    name: &'static str,
    is_file: bool,
    bytes: Vec<u8>,
}

impl Part {
    /// A file: servers tell files from fields by their having a file name.
    pub(super) fn file(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, is_file: true, bytes }
    }

    pub(super) fn field(name: &'static str, text: String) -> Self {
        Self { name, is_file: false, bytes: text.into_bytes() }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let name = quoted(self.name);
        out.extend_from_slice(format!("Content-Disposition: form-data; name={name}").as_bytes());
        if self.is_file {
            out.extend_from_slice(format!("; filename={name}\r\nContent-Type: application/octet-stream").as_bytes());
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&self.bytes);
    }
}

/// Returns the boundary and the body. The same parts give the same body, so that a retry sends what it sent before.
pub(super) fn encode(parts: &[Part]) -> (String, Vec<u8>) {
    let boundary = boundary(parts);
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.bytes.len() + 200).sum());
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        part.write(&mut out);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (boundary, out)
}

fn boundary(parts: &[Part]) -> String {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        part.bytes.hash(&mut hasher);
    }
    first_free(parts, || {
        let boundary = format!("query-{:016x}", hasher.finish());
        boundary.hash(&mut hasher);
        boundary
    })
}

/// Finds a boundary that no part contains.
fn first_free(parts: &[Part], mut next: impl FnMut() -> String) -> String {
    loop {
        let boundary = next();
        let is_inside = |part: &Part| part.bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        if !parts.iter().any(is_inside) {
            return boundary;
        }
    }
}

/// Quotes a name as browsers do.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_fields_are_packed() {
        let parts = [Part::field("caption", "Hi".to_owned()), Part::file("a\"b\r\n", vec![0, 255])];
        let (boundary, body) = encode(&parts);
        let mut expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\nHi\r\n--{boundary}\r\nContent-Disposition: \
             form-data; name=\"a%22b%0D%0A\"; filename=\"a%22b%0D%0A\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        expected.extend_from_slice(&[0, 255]);
        expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        assert_eq!(body, expected);
        assert_eq!(encode(&parts), (boundary, body));
    }

    #[test]
    fn no_part_contains_the_boundary() {
        let parts = [Part::field("a", "free".to_owned()), Part::file("b", b"--taken-2, taken-1".to_vec())];
        let mut number = 0;
        let found = first_free(&parts, || {
            number += 1;
            format!("taken-{number}")
        });
        assert_eq!(found, "taken-3");
        assert_ne!(boundary(&parts), boundary(&parts[..1]));
    }
}
