//! An amount as people of a language write it: `$7.50`, `7,50 $`, `1 000 ₽`.

use super::words::Locale;
use crate::donation::Money;

/// No line breaks between the groups of a number.
const GAP: char = '\u{A0}';

/// Signs that mean one currency only where money is given; the others keep their code.
fn sign(code: &str) -> Option<&'static str> {
    match code {
        "USD" => Some("$"),
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        "RUB" => Some("₽"),
        "UAH" => Some("₴"),
        "KZT" => Some("₸"),
        _ => None,
    }
}

/// Writes an amount; minor units that are zero are left out.
pub(crate) fn write(money: &Money, locale: Locale) -> String {
    let digits = money.currency.minor_digits();
    let unit = 10u64.pow(digits);
    let (whole, rest) = (money.minor_units / unit, money.minor_units % unit);
    let mut number = grouped(whole, locale);
    if rest > 0 {
        number.push(match locale {
            Locale::En => '.',
            Locale::Ru => ',',
        });
        number.push_str(&format!("{rest:0width$}", width = digits as usize));
    }
    let code = money.currency.code();
    match (sign(code), locale) {
        (Some(sign @ ("$" | "€" | "£")), Locale::En) => format!("{sign}{number}"),
        (Some(sign), _) => format!("{number}{GAP}{sign}"),
        (None, _) => format!("{number}{GAP}{code}"),
    }
}

fn grouped(whole: u64, locale: Locale) -> String {
    let digits = whole.to_string();
    let mark = match locale {
        Locale::En => ',',
        Locale::Ru => GAP,
    };
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(mark);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::donation::Currency;

    fn check(text: &str, code: &str, english: &str, russian: &str) {
        let money = Money::parse(text, Currency::parse(code).unwrap()).unwrap();
        assert_eq!(write(&money, Locale::En), english);
        assert_eq!(write(&money, Locale::Ru), russian);
    }

    #[test]
    fn amounts_stay_in_their_own_currency() {
        check("7.5", "USD", "$7.50", "7,50\u{a0}$");
        check("1000", "RUB", "1,000\u{a0}₽", "1\u{a0}000\u{a0}₽");
        check(
            "1234567.05",
            "EUR",
            "€1,234,567.05",
            "1\u{a0}234\u{a0}567,05\u{a0}€",
        );
        check("900", "JPY", "900\u{a0}JPY", "900\u{a0}JPY");
    }
}
