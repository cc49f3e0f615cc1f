//! A progress bar as text: what is done, how much of it, in the width of a terminal.

use super::answer::Progress;
use crate::web::format;

/// The bar is this wide where there is room for it.
const WIDEST: usize = 30;
/// A narrower bar says nothing.
const NARROWEST: usize = 6;

/// `checking control  [######------]  50 %  1,028 of 2,056`, never wider than `columns`.
///
/// Without an end in sight there is no bar. A narrow terminal loses the bar first, then the end of the words.
pub fn line(progress: &Progress, columns: usize) -> String {
    let Some(of) = progress.of.filter(|of| *of > 0) else { return cut(&progress.words, columns) };
    let done = progress.done.min(of);
    let number = |count: u64| format::count(i64::try_from(count).unwrap_or(i64::MAX));
    let figures = format!("{:>3} %  {} of {}", percent(done, of), number(done), number(of));
    // Room for the figures as they will be at the end, so that the bar keeps its width; two spaces on either side of
    // it, and its brackets.
    let widest = "100 %  ".len() + 2 * number(of).chars().count() + " of ".len();
    let room = columns.saturating_sub(progress.words.chars().count() + widest + 6);
    if room < NARROWEST {
        return cut(&format!("{}  {}", progress.words, figures.trim_start()), columns);
    }
    let width = room.min(WIDEST);
    let filled = usize::try_from(done * width as u64 / of).unwrap_or(width);
    format!("{}  [{}{}]  {figures}", progress.words, "#".repeat(filled), "-".repeat(width - filled))
}

/// The same for a place where nothing is drawn: one line, no bar.
pub fn words(progress: &Progress) -> String {
    match progress.of.filter(|of| *of > 0) {
        Some(of) => format!("{}: {} of {}, {} %", progress.words, progress.done, of, percent(progress.done, of)),
        None => progress.words.clone(),
    }
}

/// Rounded down: 100 only when all of it is done.
fn percent(done: u64, of: u64) -> u64 {
    u64::try_from(u128::from(done.min(of)) * 100 / u128::from(of.max(1))).unwrap_or(100)
}

fn cut(text: &str, columns: usize) -> String {
    text.chars().take(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills_up_and_fits() {
        let at = |done| line(&Progress::of("checking control", done, 2_056), 80);
        assert_eq!(at(0), format!("checking control  [{}]    0 %  0 of 2,056", "-".repeat(30)));
        assert_eq!(
            at(1_028),
            format!("checking control  [{}{}]   50 %  1,028 of 2,056", "#".repeat(15), "-".repeat(15))
        );
        assert_eq!(at(2_056), format!("checking control  [{}]  100 %  2,056 of 2,056", "#".repeat(30)));
        assert!(at(2_055).contains(" 99 %"), "all of it is not done before it is");
        for columns in 0..120 {
            assert!(line(&Progress::of("checking control", 1_028, 2_056), columns).chars().count() <= columns);
        }
        assert_eq!(line(&Progress::of("checking control", 1_028, 2_056), 45), "checking control  50 %  1,028 of 2,056");
    }

    #[test]
    fn without_an_end_in_sight_there_is_no_bar() {
        assert_eq!(line(&Progress::begun("running a job"), 80), "running a job");
        assert_eq!(line(&Progress::of("checking control", 0, 0), 80), "checking control");
        assert_eq!(words(&Progress::of("checking control", 514, 2_056)), "checking control: 514 of 2056, 25 %");
    }
}
