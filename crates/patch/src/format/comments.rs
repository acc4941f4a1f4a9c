//! Finding comments, which are not kept: whoever wrote them must hear of it before they are gone.

/// The lines (from 1) on which comments begin in valid RON.
pub fn comment_lines(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            lines.push(line);
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            lines.push(line);
            block_comment(rest)
        } else if c == '"' {
            string(rest)
        } else if c == 'r' && rest[1..].starts_with(['"', '#']) {
            raw_string(rest)
        } else if c == '\'' {
            character(rest)
        } else {
            c.len_utf8()
        };
        let (token, behind) = rest.split_at(length);
        line += token.matches('\n').count();
        rest = behind;
    }
    lines
}

/// The length of a block comment, with those inside it.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let here = &text[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The length of a string, with both its quotes.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r##"…"##`; of `r` alone where it begins a raw name.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|b| *b == b'#').count();
    let begin = 1 + hashes;
    if !text[begin..].starts_with('"') {
        return 1;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    text[begin + 1..].find(&end).map_or(text.len(), |at| begin + 1 + at + end.len())
}

/// The length of a character in quotes, which may be a quote or a slash.
fn character(text: &str) -> usize {
    let inside = &text[1..];
    let first = inside.chars().next().map_or(0, char::len_utf8);
    let escape = usize::from(inside.starts_with('\\'));
    let second = if escape == 1 { inside[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
    inside[first + second..].find('\'').map_or(text.len(), |at| 1 + first + second + at + 1)
}

#[cfg(test)]
mod tests {
    use super::comment_lines;

    #[test]
    fn comments_are_told_from_text() {
        let text = "// one\n(a: \"// no\", /* two /* nested */ \n */ b: r#\"\"//no\"#, c: '\"', d: '\\'', // five\n r#e: '/')\n// end";
        assert_eq!(comment_lines(text), [1, 2, 3, 5]);
        assert_eq!(comment_lines("(about: \"a \\\" // b\")"), [] as [usize; 0]);
        for odd in ["\"", "'", "/*", "r#\"", "r", "'\\", "\\", "/* é"] {
            comment_lines(odd);
        }
    }
}
