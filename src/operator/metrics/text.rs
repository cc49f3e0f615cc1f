//! The text exposition format of Prometheus, version 0.0.4: families of samples, escaped.

use std::fmt::Write;

use crate::meter::Histogram;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A label and its value.
pub type Label<'a> = (&'static str, &'a str);

/// The document, family by family.
#[derive(Default)]
pub struct Exposition(String);

/// One family: its name, what it is, and then its samples.
pub struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
}

impl Exposition {
    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// A number that only grows until the process ends. Its name ends with `_total`.
    pub fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    pub fn histogram(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "histogram", help)
    }

    /// Sum and count alone, without quantiles.
    pub fn summary(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, "summary", help)
    }

    fn family(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a text cannot fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        Family { text: &mut self.0, name }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

impl Family<'_> {
    pub fn sample(&mut self, labels: &[Label], value: f64) {
        self.line("", labels, value);
    }

    /// The one sample of a family without labels; nothing when the number could not be had.
    pub fn value(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.line("", &[], value);
        }
    }

    /// Sum and count of a summary.
    pub fn sum_and_count(&mut self, labels: &[Label], sum: f64, count: u64) {
        self.line("_sum", labels, sum);
        self.line("_count", labels, count as f64);
    }

    /// The buckets of a histogram, its sum and its count.
    pub fn buckets(&mut self, labels: &[Label], histogram: &Histogram) {
        for (bound, count) in histogram.cumulative() {
            let bound = bound.to_string();
            self.line("_bucket", &[labels, &[("le", bound.as_str())]].concat(), count as f64);
        }
        self.line("_bucket", &[labels, &[("le", "+Inf")]].concat(), histogram.count as f64);
        self.sum_and_count(labels, histogram.sum.as_secs_f64(), histogram.count);
    }

    fn line(&mut self, suffix: &str, labels: &[Label], value: f64) {
        let _ = write!(self.text, "{}{suffix}", self.name);
        for (number, (label, value)) in labels.iter().enumerate() {
            let start = if number == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{start}{label}=\"{}\"", escape(value));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

/// What would end the value or the line is written as the format says.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_its_help_its_type_and_its_samples() {
        let mut text = Exposition::default();
        let mut family = text.gauge("holdfast_workspaces", "Workspaces by state.");
        family.sample(&[("state", "active")], 2.0);
        family.sample(&[("state", "deleted"), ("place", "here")], 0.0);
        text.gauge("holdfast_free_bytes", "Free.").value(Some(1_234_567_890_123.0));
        text.gauge("holdfast_odd_bytes", "Not to be had.").value(None);
        let text = String::from_utf8(text.into_bytes()).expect("text");
        assert_eq!(
            text,
            "# HELP holdfast_workspaces Workspaces by state.\n# TYPE holdfast_workspaces gauge\n\
             holdfast_workspaces{state=\"active\"} 2\nholdfast_workspaces{state=\"deleted\",place=\"here\"} 0\n\
             # HELP holdfast_free_bytes Free.\n# TYPE holdfast_free_bytes gauge\nholdfast_free_bytes 1234567890123\n\
             # HELP holdfast_odd_bytes Not to be had.\n# TYPE holdfast_odd_bytes gauge\n"
        );
    }

    #[test]
    fn what_would_break_a_line_is_escaped() {
        let mut text = Exposition::default();
        text.gauge("a", "back\\slash\nline").sample(&[("b", "say \"x\\y\"\nend")], 0.5);
        let text = String::from_utf8(text.into_bytes()).expect("text");
        assert_eq!(text, "# HELP a back\\\\slash\\nline\n# TYPE a gauge\na{b=\"say \\\"x\\\\y\\\"\\nend\"} 0.5\n");
    }
}
