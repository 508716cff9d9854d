//! What a spreadsheet has destroyed in a cell. The original cannot be computed from what is left of it.

/// What is read of a cell of a workbook with a formula whose result is not in the file.
pub(super) const NOT_COMPUTED: &str = "#FORMULA!";

/// What to do about a cell that shows that a spreadsheet could not compute or show its value.
pub(super) fn of_value(text: &str) -> Option<String> {
    let text = text.trim();
    if text == NOT_COMPUTED {
        let words = "The cell has a formula, and the file does not have its result: open the file in a spreadsheet program, save \
                     it there, or as “CSV UTF-8”, and choose that.";
        return Some(words.to_owned());
    }
    if is_error_of_libreoffice(text) {
        return Some(error_in_cell(text));
    }
    let rest = text.strip_prefix('#')?;
    if rest.len() >= 2 && rest.chars().all(|c| c == '#') {
        return Some(
            "The spreadsheet shows “#” because the column is too narrow: widen it and export again.".to_owned(),
        );
    }
    // Each language has names of its own: `#¡VALOR!`, `#ЗНАЧ!`.
    let is_name = |name: &str| name.chars().all(|c| c.is_uppercase() || matches!(c, '/' | '0' | '_'));
    let named = rest.strip_suffix(['!', '?']).map(|name| name.trim_start_matches(['¡', '¿']));
    let is_error = WITHOUT_MARK.contains(&rest) || named.is_some_and(|name| name.chars().count() > 1 && is_name(name));
    is_error.then(|| error_in_cell(text))
}

/// The names of errors that have no mark at their end, mostly “not available”, in the languages of Excel.
const WITHOUT_MARK: [&str; 9] = ["N/A", "NV", "NULL", "N/D", "N/B", "I/T", "Н/Д", "YOK", "HIÁNYZIK"];

fn error_in_cell(text: &str) -> String {
    format!("The spreadsheet has an error in this cell ({text}): fix its formula and export again.")
}

/// `Err:502`
fn is_error_of_libreoffice(text: &str) -> bool {
    let number = text.strip_prefix("Err:").unwrap_or_default();
    number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same of a cell that is a code or a number that only names something.
pub(super) fn of_identifier(text: &str) -> Option<String> {
    let text = text.trim();
    if is_shortened(text) {
        let words = "The spreadsheet shortened this number: format the column as text and export again.";
        return Some(words.to_owned());
    }
    if is_date_and_time(text) {
        let words =
            "The spreadsheet made a date of this code: format the column as text, enter the code and export again.";
        return Some(words.to_owned());
    }
    of_value(text)
}

/// `2.88E+14`, with a comma for the point where that is customary. A number of many digits is shown so, and saved so.
fn is_shortened(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_positive = exponent.starts_with('+');
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or_default();
    // `5E-10` may be a code: a spreadsheet shows it as it was typed.
    (is_positive || !fraction.is_empty())
        && whole.len() == 1
        && is_digits(whole)
        && is_digits(fraction)
        && (2..=3).contains(&exponent.len())
        && is_digits(exponent)
}

/// `2026-03-01 00:00:00` and `Sun 2026-03-01`: how a cell with a date of an .xlsx is read.
fn is_date_and_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let is_day = |day: &str| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&day);
    shape == "0000-00-00 00:00:00" || shape.strip_suffix(" 0000-00-00").is_some_and(is_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_number_is_no_identifier() {
        for text in ["2.88E+14", "4.00638E+12", "2,88123E+14", "1E+15", "2.88e+14", "-2.5E+14", "1.5E-07"] {
            assert!(of_identifier(text).is_some_and(|words| words.contains("shortened")), "{text}");
            assert_eq!(of_value(text), None, "{text}");
        }
        for text in ["5E-10", "12E+10", "E+10", "2.88E14", "TEE+12", "1E+1", "288123456789012", "1e5", "A1E+10", "é+10"]
        {
            assert_eq!(of_identifier(text), None, "{text}");
        }
    }

    #[test]
    fn an_error_of_a_formula_is_no_value() {
        for text in [
            "#N/A",
            " #REF! ",
            "#VALUE!",
            "#DIV/0!",
            "#NAME?",
            "#NUM!",
            "#NULL!",
            "#NV",
            "#BEZUG!",
            "#SPILL!",
            "#ÜBERLAUF!",
            "#¡VALOR!",
            "#¿NOMBRE?",
            "#N/D",
            "#ЗНАЧ!",
            "#Н/Д",
            "Err:502",
            " Err:508",
        ] {
            assert!(of_value(text).is_some_and(|words| words.contains("error")), "{text}");
        }
        assert!(of_value(NOT_COMPUTED).is_some_and(|words| words.contains("open the file in a spreadsheet program")));
        for text in ["###", "########"] {
            assert!(of_value(text).is_some_and(|words| words.contains("widen")), "{text}");
        }
        for text in ["#1001", "#", "##", "#A", "# 12", "C#", "#!", "wow #REF!", "#A!", "#¡!", "Err:5", "Err:red"] {
            assert_eq!(of_value(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_is_no_code() {
        assert!(of_identifier("2026-03-01 00:00:00").is_some() && of_identifier("Sun 2026-03-01").is_some());
        assert_eq!(of_identifier("Tee 2026-03-01"), None);
        assert_eq!(of_value("2026-03-01 00:00:00"), None);
        assert_eq!(of_identifier("2026-03-01"), None);
    }
}
