//! From a text to lines of words: comments left out, repetitions written out.

use super::ScenarioError;

/// More than any story needs; a repetition of repetitions could want more than there is memory.
const MOST_LINES: usize = 200_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// In double quotes: a text, never a keyword.
    pub quoted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub number: usize,
    pub words: Vec<Word>,
}

impl Line {
    fn is(&self, keyword: &str) -> bool {
        self.words.first().is_some_and(|word| !word.quoted && word.text == keyword)
    }

    fn error(&self, word: usize, why: &str) -> ScenarioError {
        let named = self.words.get(word).map(|found| (word + 1, found.text.clone()));
        ScenarioError { line: self.number, word: named, why: why.to_owned() }
    }
}

pub(super) fn lines(text: &str) -> Result<Vec<Line>, ScenarioError> {
    let mut lines = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let words = split(text).map_err(|why| ScenarioError { line: index + 1, word: None, why: why.to_owned() })?;
        if !words.is_empty() {
            lines.push(Line { number: index + 1, words });
        }
    }
    let mut written = Vec::new();
    let rest = write_out(&lines, None, 0, &mut written)?;
    match rest.first() {
        Some(line) => Err(line.error(0, "there is no repeat that this could end")),
        None => Ok(written),
    }
}

/// Splits a line at spaces outside of quotes; `#` begins a comment.
fn split(text: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            letter if letter.is_whitespace() => {}
            '#' => break,
            '"' => {
                let mut text = String::new();
                loop {
                    match letters.next().ok_or("a quoted text has no end")? {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some('n') => text.push('\n'),
                            Some(escaped @ ('"' | '\\')) => text.push(escaped),
                            _ => return Err("after a backslash come n, \" or another backslash"),
                        },
                        letter => text.push(letter),
                    }
                }
                words.push(Word { text, quoted: true });
            }
            first => {
                let mut text = String::from(first);
                while let Some(letter) = letters.next_if(|letter| !letter.is_whitespace() && *letter != '"') {
                    text.push(letter);
                }
                words.push(Word { text, quoted: false });
            }
        }
    }
    Ok(words)
}

/// Writes lines out until the `end` of the repetition they are in. `{n}` is the count of the innermost one. Answers what is
/// left: the line behind the end, or an `end` too many.
fn write_out<'l>(
    mut lines: &'l [Line],
    count: Option<u32>,
    depth: usize,
    written: &mut Vec<Line>,
) -> Result<&'l [Line], ScenarioError> {
    while let Some((line, rest)) = lines.split_first() {
        if line.is("end") {
            return Ok(if depth > 0 { rest } else { lines });
        }
        lines = rest;
        if line.is("repeat") {
            let times: Option<u32> = line.words.get(1).and_then(|word| word.text.parse().ok());
            let times = times.filter(|times| *times > 0 && line.words.len() == 2);
            let times = times.ok_or_else(|| line.error(1, "repeat has a number: how often"))?;
            let mut behind = None;
            for count in 1..=times {
                behind = Some(write_out(rest, Some(count), depth + 1, written)?);
            }
            let behind = behind.unwrap_or(rest);
            // What is left must begin behind an `end`.
            let ended = rest.len() - behind.len();
            if ended == 0 || !rest[ended - 1].is("end") {
                return Err(line.error(0, "this repeat has no end"));
            }
            lines = behind;
            continue;
        }
        if written.len() >= MOST_LINES {
            return Err(line.error(0, "written out, the story has more than 200,000 lines"));
        }
        let mut line = line.clone();
        if let Some(count) = count {
            for word in &mut line.words {
                word.text = word.text.replace("{n}", &count.to_string());
            }
        }
        written.push(line);
    }
    Ok(lines)
}
