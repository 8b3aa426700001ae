//! Telephone numbers in E.164 form, with the leading `+`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A number such as `+5511987654321`: a plus and 7 to 15 digits, the first not a zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = r"^\+[1-9][0-9]{6,14}$", example = "+5511987654321")]
pub struct PhoneNumber(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number in international form")]
pub struct InvalidPhoneNumber;

impl PhoneNumber {
    /// From bare digits, as they stand in a WhatsApp address.
    pub fn from_digits(digits: &str) -> Result<Self, InvalidPhoneNumber> {
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if well_formed { Ok(Self(format!("+{digits}"))) } else { Err(InvalidPhoneNumber) }
    }

    /// From what a person typed: spaces, dashes and a missing country code are forgiven. `country` is an ISO 3166 code
    /// such as `BR`, used when the text has no `+`.
    pub fn from_typed(text: &str, country: Option<&str>) -> Result<Self, InvalidPhoneNumber> {
        let country = country.and_then(|code| code.parse().ok());
        let number = phonenumber::parse(country, text.trim()).map_err(|_| InvalidPhoneNumber)?;
        if !number.is_valid() {
            return text.trim().parse();
        }
        number.format().mode(phonenumber::Mode::E164).to_string().parse()
    }

    /// The digits without the plus: the user part of a WhatsApp address.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The other spelling of the same line, where its country has two: Brazilian mobiles with and without the ninth digit,
    /// Mexican ones with and without the 1 behind 52, Argentine ones with and without the 9 behind 54. WhatsApp names an
    /// account by the spelling it was registered with, so either may arrive.
    pub fn other_form(&self) -> Option<Self> {
        let digits = self.digits();
        let other = match (digits.get(..2)?, digits.len()) {
            ("55", 12) if is_brazilian_mobile(digits.get(4..)?) => format!("{}9{}", &digits[..4], &digits[4..]),
            ("55", 13) if digits.get(4..5)? == "9" && is_brazilian_mobile(digits.get(5..)?) => {
                format!("{}{}", &digits[..4], &digits[5..])
            }
            ("52", 12) => format!("521{}", &digits[2..]),
            ("52", 13) if digits.get(2..3)? == "1" => format!("52{}", &digits[3..]),
            ("54", 12) => format!("549{}", &digits[2..]),
            ("54", 13) if digits.get(2..3)? == "9" => format!("54{}", &digits[3..]),
            _ => return None,
        };
        Self::from_digits(&other).ok()
    }

    /// One spelling for both forms of a line: with the Brazilian and Argentine 9, without the Mexican 1.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let is_mexican = self.digits().starts_with("52");
        match self.other_form() {
            Some(other) if (other.digits().len() > self.digits().len()) != is_mexican => other,
            _ => self.clone(),
        }
    }

    /// Whether both are spellings of one line.
    pub fn same_line(&self, other: &Self) -> bool {
        self == other || self.other_form().as_ref() == Some(other)
    }

    /// Grouped for reading: `+55 11 98765-4321`.
    pub fn pretty(&self) -> String {
        phonenumber::parse(None, &self.0).map_or_else(
            |_| self.0.clone(),
            |number| number.format().mode(phonenumber::Mode::International).to_string(),
        )
    }
}

/// Eight digits that get a ninth; land lines begin with 2 to 5 and get none.
fn is_brazilian_mobile(subscriber: &str) -> bool {
    subscriber.len() == 8 && matches!(subscriber.as_bytes().first(), Some(b'6'..=b'9'))
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('+').ok_or(InvalidPhoneNumber).and_then(Self::from_digits)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = InvalidPhoneNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let number = PhoneNumber::from_typed("(11) 98765-4321", Some("BR")).expect("valid");
        assert_eq!(number.as_str(), "+5511987654321");
        assert_eq!(PhoneNumber::from_typed(" +55 11 98765-4321 ", None), Ok(number));
    }

    #[test]
    fn two_spellings_are_one_line() {
        let number = |text: &str| text.parse::<PhoneNumber>().expect("number");
        for (canonical, other) in [
            ("+5511987654321", "+551187654321"),
            ("+5585999123456", "+558599123456"),
            ("+525512345678", "+5215512345678"),
            ("+5491123456789", "+541123456789"),
        ] {
            let (canonical, other) = (number(canonical), number(other));
            assert!(canonical.same_line(&other) && other.same_line(&canonical), "{canonical} {other}");
            assert_eq!((canonical.canonical(), other.canonical()), (canonical.clone(), canonical.clone()));
            assert_eq!((canonical.other_form(), other.other_form()), (Some(other.clone()), Some(canonical.clone())));
        }
    }

    #[test]
    fn other_lines_have_one_spelling() {
        let number = |text: &str| text.parse::<PhoneNumber>().expect("number");
        // A Brazilian land line, a short number, other countries.
        for text in ["+551133334444", "+55119876543", "+14155550123", "+351912345678", "+5255123", "+5411234"] {
            assert_eq!(number(text).other_form(), None, "{text}");
            assert_eq!(number(text).canonical(), number(text));
        }
        assert!(!number("+5511987654321").same_line(&number("+5511987654322")));
        assert!(!number("+5511987654321").same_line(&number("+552187654321")));
    }

    /// The screen groups numbers by the same list, so that one number never shows in two forms.
    #[test]
    fn groups_numbers_as_the_screen_does() {
        let forms = include_str!("../../ui/src/text/phone-forms.json");
        let forms: std::collections::BTreeMap<String, String> = serde_json::from_str(forms).expect("a list");
        for (number, form) in forms {
            assert_eq!(number.parse::<PhoneNumber>().expect("number").pretty(), form);
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "+", "5511987654321", "+0123456789", "+12345", "+1234567890123456", "+55 11"] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(InvalidPhoneNumber), "{text:?}");
        }
        assert_eq!(PhoneNumber::from_typed("hello", Some("BR")), Err(InvalidPhoneNumber));
    }
}
