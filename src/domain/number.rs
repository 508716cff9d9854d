//! The digits of numbers as people type them and as spreadsheets write them: of full width, and with separated thousands.

/// The text with full-width digits and marks, as East Asian keyboards type them, in their ASCII form. Spaces of any width
/// become spaces.
pub fn narrowed(text: &str) -> String {
    let mut narrowed = String::with_capacity(text.len());
    for c in text.trim().chars() {
        narrowed.push(match c {
            '０'..='９' => char::from(b'0' + u8::try_from(u32::from(c) - u32::from('０')).expect("a digit")),
            '，' => ',',
            '．' => '.',
            '－' | '\u{2212}' => '-',
            '\u{A0}' | '\u{2009}' | '\u{202F}' | '\u{3000}' => ' ',
            c => c,
        });
    }
    narrowed
}

/// Whether the text has only the digits 0 to 9, and at least one.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a number whose thousands are separated by `mark`: `1,234,567`. `None` if the groups are not thousands:
/// `0,500` is a half. A number without the mark may have any number of digits.
pub fn ungrouped(text: &str, mark: char) -> Option<String> {
    let groups: Vec<&str> = text.split(mark).collect();
    let is_grouped = groups.len() > 1;
    let are_thousands = matches!(groups[0].len(), 1..=3) && groups[1..].iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    let is_half = groups[0].starts_with('0') && digits.bytes().any(|byte| byte != b'0');
    let is_number = !is_grouped || (are_thousands && !is_half);
    (is_digits(&digits) && is_number).then_some(digits)
}

/// Digits with a comma between thousands: `1,234,567`.
pub fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_any_width_are_read() {
        assert_eq!(narrowed(" ６０ "), "60");
        assert_eq!(narrowed("１，２３４．５０"), "1,234.50");
        assert_eq!(narrowed("12\u{202F}000"), "12 000");
        assert_eq!(narrowed("٦٠"), "٦٠", "other digits stay as they are");
    }

    #[test]
    fn thousands_are_grouped_and_ungrouped() {
        for (plain, text) in [("0", "0"), ("999", "999"), ("1000", "1,000"), ("1234567", "1,234,567")] {
            assert_eq!(grouped(plain), text);
            assert_eq!(ungrouped(text, ',').as_deref(), Some(plain));
        }
        assert_eq!(ungrouped("1000", ',').as_deref(), Some("1000"));
        for text in ["", ",", "1,00", "1,0000", "1000,000", ",100", "1,,000", "1,0a0", "1 000", "0,500"] {
            assert_eq!(ungrouped(text, ','), None, "{text}");
        }
    }
}
