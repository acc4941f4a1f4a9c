//! How strings, names and numbers are written in RON.

use std::fmt::Write;

/// A string in quotes. Line ends stay as they are, so that a text of several lines reads as one.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push('\n'),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The name of a field, with RON's `r#` before names that are not plain.
pub fn field_name(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let simple = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    if simple { name.to_owned() } else { format!("r#{name}") }
}

/// The shortest text that reads as the same number, with a point: `49.0`.
pub fn number(value: f32) -> String {
    format!("{value:?}")
}

/// The same without a point where the number is whole: `40`.
pub fn short_number(value: f32) -> String {
    let text = number(value);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{field_name, number, quoted, short_number};

    #[test]
    fn strings_read_as_what_was_written() {
        for text in ["", "plain", "a \"b\" \\c", "two\nlines", "\t\r\0\u{7f}\u{85}\u{200b}é漢🎛", "// no comment /* */"] {
            assert_eq!(ron::from_str::<String>(&quoted(text)).as_deref(), Ok(text), "{}", quoted(text));
        }
    }

    #[test]
    fn numbers_are_short_and_exact() {
        for (value, text, short) in
            [(49.0, "49.0", "49"), (0.1, "0.1", "0.1"), (-0.0, "-0.0", "-0"), (1e-9, "1e-9", "1e-9"), (3e30, "3e30", "3e30")]
        {
            assert_eq!((number(value).as_str(), short_number(value).as_str()), (text, short));
            assert_eq!(ron::from_str::<f32>(text).map(f32::to_bits), Ok(value.to_bits()));
            assert_eq!(ron::from_str::<f32>(short).map(f32::to_bits), Ok(value.to_bits()));
        }
    }

    #[test]
    fn odd_field_names_are_marked() {
        assert_eq!(field_name("bars_per_page"), "bars_per_page");
        assert_eq!(field_name("bars-per-page"), "r#bars-per-page");
        assert_eq!(field_name("2nd"), "r#2nd");
    }
}
