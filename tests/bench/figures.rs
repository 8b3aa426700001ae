//! Samples by name, printed as one table.

use std::io::Write as _;

pub(crate) struct Figures(Vec<(&'static str, &'static str, Vec<f64>)>);

impl Figures {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, name: &'static str, unit: &'static str, sample: f64) {
        match self.0.iter_mut().find(|(known, ..)| *known == name) {
            Some((.., samples)) => samples.push(sample),
            None => self.0.push((name, unit, vec![sample])),
        }
    }

    pub(crate) fn print(mut self) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{:<40} {:>12} {:>12}  {:<12} samples", "measure", "median", "p95", "unit");
        for (name, unit, samples) in &mut self.0 {
            samples.sort_by(f64::total_cmp);
            let at = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
            let _ = writeln!(out, "{name:<40} {:>12.1} {:>12.1}  {unit:<12} {}", at(0.5), at(0.95), samples.len());
        }
    }
}
