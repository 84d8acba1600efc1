//! Does the reader of YAML stay calm whatever it is given?

use std::{
    io::Write as _,
    panic,
    time::{Duration, Instant},
};

use query_codegen::yaml;

const TEXT: &str = include_str!("../data/every_section.yaml");

/// Far above what any of these takes, so that a busy machine fails nothing; a loop without end does.
const LONGEST: Duration = Duration::from_secs(20);

/// Reads a text and shows what is wrong with it.
fn shown(text: &str) -> String {
    let started = Instant::now();
    let (_, document, diagnostics) = yaml::parse(text, "hostile.yaml");
    let shown = document.render_all(&diagnostics);
    for one in diagnostics.iter().take(60) {
        assert!(!document.one_line(one).contains('\n'));
        if let Some(place) = document.locate(&one.origin) {
            assert!(place.byte <= document.text().len() && place.line >= 1 && place.column >= 1);
        }
    }
    assert!(started.elapsed() < LONGEST, "took {:?}", started.elapsed());
    shown
}

fn mutate(random: &mut fastrand::Rng, text: &str) -> String {
    const PIECES: [&str; 24] = [
        "\t",
        "  ",
        "\n",
        "\r\n",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!t ",
        "<<: ",
        "|\n",
        ">-\n",
        "'",
        "\"",
        "#",
        "---\n",
        "\u{0}",
        "é",
        "\u{feff}",
        "9999999999999999999999999999999999999999",
    ];
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..characters.len().max(1));
        match random.u8(..5) {
            0 => characters.truncate(at),
            1 => {
                let end = (at + random.usize(..40)).min(characters.len());
                if at < end {
                    characters.drain(at..end);
                }
            }
            2 => {
                let end = (at + random.usize(..80)).min(characters.len());
                let copied: Vec<char> = characters.get(at..end).unwrap_or_default().to_vec();
                let to = random.usize(..=characters.len());
                characters.splice(to..to, copied);
            }
            _ => {
                let at = at.min(characters.len());
                let piece = PIECES[random.usize(..PIECES.len())];
                characters.splice(at..at, piece.chars());
            }
        }
    }
    characters.into_iter().collect()
}

#[test]
fn broken_copies_of_a_schema_never_panic() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let printed = writeln!(std::io::stderr(), "SEED={seed} repeats this run");
    printed.expect("the seed can be printed");
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..2_000 {
        let text = mutate(&mut random, TEXT);
        let outcome = panic::catch_unwind(|| shown(&text));
        assert!(outcome.is_ok(), "SEED={seed} panics in round {round} on:\n{text}");
    }
}

#[test]
fn every_beginning_of_a_schema_is_read() {
    let mut end = 0;
    while end < TEXT.len() {
        end += 37;
        if let Some(beginning) = TEXT.get(..end.min(TEXT.len())) {
            shown(beginning);
        }
    }
}

#[test]
fn alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let refers = vec![format!("*a{}", level - 1); 9].join(", ");
        text.extend([&format!("a{level}: &a{level} ["), refers.as_str(), "]\n"]);
    }
    let shown = shown(&text);
    assert!(shown.contains("error[QR0107]: anchors are not supported"), "{shown}");
    assert!(shown.contains("error[QR0107]: aliases are not supported"), "{shown}");
}

#[test]
fn deep_nesting_is_refused() {
    assert!(shown(&"[".repeat(5_000)).contains("[QR0110]: lists and maps are nested too deep"));
    assert!(shown(&"{a: ".repeat(5_000)).contains("[QR0110]"));
    assert!(shown(&"- ".repeat(5_000)).contains("[QR0110]"));
    let stairs: Vec<String> = (0..200).map(|depth| " ".repeat(depth) + "a:\n").collect();
    assert!(shown(&stairs.concat()).contains("[QR0110]"));
}

#[test]
fn large_files_and_large_scalars_are_refused() {
    let scalar = format!("schema: 1\ndoc: {}\n", "x".repeat(10 << 20));
    assert!(shown(&scalar).contains("[QR0110]: the file is larger than 1 MiB"));
    let many: String = "- a\n".repeat(200_000);
    assert!(shown(&many).contains("[QR0110]: the file has more than 100000 nodes"));
}

#[test]
fn many_mistakes_are_found_in_reasonable_time() {
    let fields: Vec<String> = (0..5_000).map(|n| format!("  f{n}: 1\n")).collect();
    let shown = shown(&format!("schema: 1\napi:\n  name: a\n{}", fields.concat()));
    assert!(shown.ends_with("and 4950 more\n"), "{}", &shown[shown.len() - 200..]);
}

#[test]
fn boolean_keys_in_many_places_are_found_in_reasonable_time() {
    let models: Vec<String> = (0..20_000).map(|n| format!("  A{n}: {{ y: 1, on: 2 }}\n")).collect();
    let shown = shown(&format!("schema: 1\napi: {{ name: a }}\nmodels:\n{}", models.concat()));
    assert!(shown.ends_with("and 59950 more\n"), "{}", &shown[shown.len() - 200..]);
}

#[test]
fn text_that_is_not_utf_8_or_not_text_is_refused() {
    let utf_16: Vec<u8> = "schema: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let text = String::from_utf8_lossy(&utf_16);
    assert!(shown(&text).contains("[QR0101]"), "{}", shown(&text));
    assert!(shown("\u{0}\u{1}\u{2}").contains("[QR0101]"));
}

#[test]
fn words_that_only_look_like_booleans_and_numbers_stay_texts() {
    let text = "schema: 1\napi: { name: no, doc: on, headers: { X-A: 012, X-B: yes } }\n";
    assert_eq!(shown(text), "");
}

#[test]
fn control_characters_of_the_schema_never_reach_the_terminal() {
    let shown = shown("schema: 1\napi: { name: a, \"\\e[31m\\u202e\\n\": 1 }\n");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
}
