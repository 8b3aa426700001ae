//! The words of one line, taken one after the other, with complaints that name the word.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::time::Duration;

use super::ScenarioError;
use super::lines::{Line, Word};

/// What earlier lines made known.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Names of people, and their numbers.
    pub people: HashMap<String, String>,
    /// Names of messages.
    pub labels: HashSet<String>,
}

pub(super) type Result<T> = std::result::Result<T, ScenarioError>;

pub(super) struct Words<'l> {
    line: &'l Line,
    next: usize,
    pub known: &'l mut Known,
}

impl<'l> Words<'l> {
    pub(super) fn new(line: &'l Line, known: &'l mut Known) -> Self {
        Self { line, next: 0, known }
    }

    /// A complaint about the word that was taken last, or the next one when it is missing.
    pub(super) fn error<T>(&self, why: impl Into<String>) -> Result<T> {
        let at = self.next.min(self.line.words.len());
        let word = at.checked_sub(1).map(|index| (at, self.line.words[index].text.clone()));
        Err(ScenarioError { line: self.line.number, word, why: why.into() })
    }

    fn missing<T>(&self, what: &str) -> Result<T> {
        Err(ScenarioError { line: self.line.number, word: None, why: format!("at its end {what} is missing") })
    }

    pub(super) fn peek(&self) -> Option<&'l Word> {
        self.line.words.get(self.next)
    }

    fn take(&mut self, what: &str) -> Result<&'l Word> {
        match self.peek() {
            Some(word) => {
                self.next += 1;
                Ok(word)
            }
            None => self.missing(what),
        }
    }

    pub(super) fn done(&mut self) -> Result<()> {
        if self.peek().is_none() {
            return Ok(());
        }
        self.next += 1;
        self.error("nothing was expected here")
    }

    /// Takes the next word if it is this keyword.
    pub(super) fn keyword(&mut self, keyword: &str) -> bool {
        let fits = self.peek().is_some_and(|word| !word.quoted && word.text == keyword);
        self.next += usize::from(fits);
        fits
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Result<()> {
        self.take(&format!("“{keyword}”"))?;
        self.next -= 1;
        if self.keyword(keyword) {
            return Ok(());
        }
        self.next += 1;
        self.error(format!("here “{keyword}” was expected"))
    }

    /// A bare word.
    pub(super) fn bare(&mut self, what: &str) -> Result<&'l str> {
        let word = self.take(what)?;
        if word.quoted { self.error(format!("here {what} was expected, without quotes")) } else { Ok(&word.text) }
    }

    /// A text in quotes.
    pub(super) fn quoted(&mut self, what: &str) -> Result<String> {
        let word = self.take(what)?;
        if word.quoted {
            Ok(word.text.clone())
        } else {
            self.error(format!("here {what} was expected, in double quotes"))
        }
    }

    pub(super) fn parsed<T: FromStr>(&mut self, what: &str) -> Result<T> {
        let text = self.bare(what)?;
        text.parse().or_else(|_| self.error(format!("here {what} was expected")))
    }

    pub(super) fn is_quoted(&self) -> bool {
        self.peek().is_some_and(|word| word.quoted)
    }

    /// A number of bytes: `300`, `20k`, `3M`.
    pub(super) fn size(&mut self) -> Result<u64> {
        let text = self.bare("a number of bytes")?;
        let (digits, factor) = match text.as_bytes().last() {
            Some(b'k') => (&text[..text.len() - 1], 1_000),
            Some(b'M') => (&text[..text.len() - 1], 1_000_000),
            _ => (text, 1),
        };
        let size = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(factor));
        size.map_or_else(|| self.error("a number of bytes is like 300, 20k or 3M"), Ok)
    }

    /// A time: `500ms`, `2s`, `1.5s`, `3m`.
    pub(super) fn duration(&mut self) -> Result<Duration> {
        let text = self.bare("a time")?;
        let (digits, seconds) = if let Some(digits) = text.strip_suffix("ms") {
            (digits, 0.001)
        } else if let Some(digits) = text.strip_suffix('s') {
            (digits, 1.0)
        } else {
            (text.strip_suffix('m').unwrap_or("?"), 60.0)
        };
        let time =
            digits.parse::<f64>().ok().map(|count| count * seconds).filter(|time| (0.0..=86_400.0).contains(time));
        time.map_or_else(
            || self.error("a time is like 500ms, 2s or 3m, and at most a day"),
            |time| Ok(Duration::from_secs_f64(time)),
        )
    }

    /// A person: a name that an earlier line gave, or a number.
    pub(super) fn person(&mut self) -> Result<String> {
        let text = self.bare("a person")?;
        if let Some(number) = self.known.people.get(text) {
            return Ok(number.clone());
        }
        if is_number(text) {
            return Ok(text.to_owned());
        }
        self.error("nobody of this name was introduced, and it is no number with a country code")
    }

    /// A number of digits.
    pub(super) fn number(&mut self) -> Result<String> {
        let text = self.bare("a telephone number")?;
        if is_number(text) { Ok(text.to_owned()) } else { self.error("a number has 7 to 15 digits and a country code") }
    }

    /// `FROM -> TO`.
    pub(super) fn direction(&mut self) -> Result<(String, String)> {
        let from = self.person()?;
        self.expect("->")?;
        Ok((from, self.person()?))
    }

    /// A message that an earlier line gave a name.
    pub(super) fn label(&mut self) -> Result<String> {
        let text = self.bare("the name of a message")?;
        if self.known.labels.contains(text) {
            return Ok(text.to_owned());
        }
        self.error("no earlier line gave a message this name: end one with “as NAME”")
    }
}

pub(super) fn is_number(text: &str) -> bool {
    (7..=15).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}
