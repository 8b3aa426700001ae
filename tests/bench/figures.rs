//! Samples by name and unit, printed as one table.

use std::{fmt::Write as _, io::Write as _, time::Duration};

pub(crate) struct Figures(Vec<(String, &'static str, Vec<f64>)>);

impl Figures {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, name: impl AsRef<str> + Into<String>, unit: &'static str, sample: f64) {
        match self.0.iter_mut().find(|(known, of, _)| known == name.as_ref() && *of == unit) {
            Some((.., samples)) => samples.push(sample),
            None => self.0.push((name.into(), unit, vec![sample])),
        }
    }

    pub(crate) fn milliseconds(&mut self, name: impl AsRef<str> + Into<String>, sample: Duration) {
        self.add(name, "ms", sample.as_secs_f64() * 1000.0);
    }

    pub(crate) fn mebibytes(&mut self, name: impl AsRef<str> + Into<String>, unit: &'static str, bytes: u64) {
        self.add(name, unit, bytes as f64 / 1_048_576.0);
    }

    /// Beside the median stands the whole spread: the lowest, the highest, and what all but one in twenty stay under.
    pub(crate) fn print(mut self, title: &str, took: Duration) {
        let mut table = format!("{title}, measured in {} s\n", took.as_secs());
        _ = writeln!(
            table,
            "{:<52} {:>11} {:>11} {:>11} {:>11}  {:<12} samples",
            "measure", "median", "lowest", "p95", "highest", "unit"
        );
        for (name, unit, samples) in &mut self.0 {
            samples.sort_by(f64::total_cmp);
            let at = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
            _ = writeln!(
                table,
                "{name:<52} {:>11.1} {:>11.1} {:>11.1} {:>11.1}  {unit:<12} {}",
                at(0.5),
                at(0.0),
                at(0.95),
                at(1.0),
                samples.len()
            );
        }
        say(&table);
    }
}

pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
