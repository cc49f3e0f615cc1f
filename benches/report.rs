//! The table at the end: every figure with its aim beside it, and a plain summary.

use serde_json::{Value, json};

use crate::Options;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    /// Printed because it explains the others.
    None,
}

/// One measured figure.
struct Figure {
    section: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    aim: Aim,
    detail: String,
}

impl Figure {
    fn is_missed(&self) -> bool {
        match self.aim {
            // A figure that could not be taken is no success.
            Aim::AtLeast(least) => self.value.is_nan() || self.value < least,
            Aim::AtMost(most) => self.value.is_nan() || self.value > most,
            Aim::None => false,
        }
    }

    fn aim(&self) -> String {
        match self.aim {
            Aim::AtLeast(least) => format!("at least {least}"),
            Aim::AtMost(most) => format!("at most {most}"),
            Aim::None => String::new(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.aim {
            Aim::None => "",
            _ if self.is_missed() => "MISSED",
            _ => "met",
        }
    }
}

/// Every figure of a run, in the order they were taken.
pub struct Report {
    people: u64,
    quick: bool,
    figures: Vec<Figure>,
}

impl Report {
    pub fn new(options: &Options) -> Report {
        Report { people: options.people(), quick: options.quick, figures: Vec::new() }
    }

    /// Takes a figure down and shows it at once: a long run should not be silent.
    pub fn add(
        &mut self,
        section: &'static str,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
        aim: Aim,
        detail: impl Into<String>,
    ) {
        let figure = Figure { section, name: name.into(), value, unit, aim, detail: detail.into() };
        eprintln!("  {}: {} {} {}  ({})", figure.name, short(value), unit, figure.verdict(), figure.detail);
        self.figures.push(figure);
    }

    pub fn print(&self) {
        println!("\nHoldfast {}, {} people, {}", env!("CARGO_PKG_VERSION"), self.people, machine());
        println!("Both sides of every ratio were measured in turns in this run.\n");
        let mut section = "";
        for figure in &self.figures {
            if figure.section != section {
                section = figure.section;
                println!("| {section} | figure | aim | | |");
                println!("| --- | ---: | --- | --- | --- |");
            }
            let value = format!("{} {}", short(figure.value), figure.unit);
            println!("| {} | {value} | {} | {} | {} |", figure.name, figure.aim(), figure.verdict(), figure.detail);
        }
        let aimed: Vec<&Figure> = self.figures.iter().filter(|figure| !figure.verdict().is_empty()).collect();
        let missed: Vec<&&Figure> = aimed.iter().filter(|figure| figure.is_missed()).collect();
        println!("\n{} of {} aims are met.", aimed.len() - missed.len(), aimed.len());
        for figure in missed {
            println!("Missed: {}: {} {}, aim {}.", figure.name, short(figure.value), figure.unit, figure.aim());
        }
    }

    pub fn json(&self) -> String {
        let figures: Vec<Value> = self
            .figures
            .iter()
            .map(|figure| {
                json!({
                    "section": figure.section, "name": figure.name, "value": figure.value, "unit": figure.unit,
                    "aim": figure.aim(), "missed": figure.is_missed(), "detail": figure.detail,
                })
            })
            .collect();
        json!({ "people": self.people, "quick": self.quick, "machine": machine(), "figures": figures }).to_string()
    }
}

/// Cores and memory: without them no figure means anything.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().split(' ').next()?.parse::<u64>().ok());
    format!("{cores} cores, {} GiB of memory", kib.unwrap_or(0) / 1024 / 1024)
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
