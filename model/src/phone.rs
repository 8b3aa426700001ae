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

    /// Grouped for reading: `+55 11 98765-4321`.
    pub fn pretty(&self) -> String {
        phonenumber::parse(None, &self.0).map_or_else(
            |_| self.0.clone(),
            |number| number.format().mode(phonenumber::Mode::International).to_string(),
        )
    }
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
    fn refuses_what_is_no_number() {
        for text in ["", "+", "5511987654321", "+0123456789", "+12345", "+1234567890123456", "+55 11"] {
            assert_eq!(text.parse::<PhoneNumber>(), Err(InvalidPhoneNumber), "{text:?}");
        }
        assert_eq!(PhoneNumber::from_typed("hello", Some("BR")), Err(InvalidPhoneNumber));
    }
}
