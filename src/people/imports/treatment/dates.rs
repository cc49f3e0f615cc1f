//! Dates as files write them: in which order day and month stand, found out from all of a column.

use jiff::civil::Date;

use super::Dates;

/// What the dates of a column say about their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Dates with two numbers that could be day or month.
    pub seen: usize,
    pub fit_day_first: usize,
    pub fit_month_first: usize,
}

impl Found {
    /// The order to propose. Where both fit, the day comes first: most of the world writes so.
    pub fn order(&self) -> Dates {
        if self.seen == 0 {
            Dates::AsIs
        } else if self.fit_month_first > self.fit_day_first {
            Dates::MonthFirst
        } else {
            Dates::DayFirst
        }
    }

    /// What was found, for people; empty when there is nothing to say.
    pub fn words(&self) -> String {
        let (seen, day, month) = (self.seen, self.fit_day_first, self.fit_month_first);
        if seen == 0 {
            String::new()
        } else if day == seen && month == seen {
            format!("All {seen} dates looked at can be read day first and month first: say which.")
        } else if day == seen {
            format!("All {seen} dates looked at fit day first; {} of them cannot be month first.", seen - month)
        } else if month == seen {
            format!("All {seen} dates looked at fit month first; {} of them cannot be day first.", seen - day)
        } else {
            format!(
                "Of {seen} dates looked at {day} fit day first and {month} month first: some rows will be left out."
            )
        }
    }
}

/// Looks at the dates of a column. Dates that say by themselves where the year stands do not count: with the year
/// first, or with dots, which everywhere means the day first.
pub fn look<'t>(texts: impl Iterator<Item = &'t str>) -> Found {
    let mut found = Found::default();
    for text in texts {
        let Some((first, second, year)) = numbers(text).filter(|_| !text.contains('.')) else { continue };
        found.seen += 1;
        found.fit_day_first += usize::from(Date::new(year, second, first).is_ok());
        found.fit_month_first += usize::from(Date::new(year, first, second).is_ok());
    }
    found
}

/// The date as `2026-11-17`, with what stands behind it (a time) as it was. `None`: it is no date in this order.
pub fn read(text: &str, order: Dates) -> Option<String> {
    let (date, rest) = text.split_at(text.find(['T', ' ']).unwrap_or(text.len()));
    if order == Dates::AsIs || date.parse::<Date>().is_ok() {
        return Some(text.to_owned());
    }
    let (first, second, year) = numbers(date)?;
    let (day, month) = if order == Dates::MonthFirst { (second, first) } else { (first, second) };
    let date = Date::new(year, month, day).ok().filter(|date| date.year() >= 1000)?;
    Some(format!("{date}{rest}"))
}

/// The three numbers of a date whose year stands last.
fn numbers(text: &str) -> Option<(i8, i8, i16)> {
    let date = text.split(['T', ' ']).next().unwrap_or("");
    let mut parts = date.split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number =
        |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !is_number(first, 2) || !is_number(second, 2) || !is_number(year, 4) || year.len() != 4
    {
        return None;
    }
    Some((first.parse().ok()?, second.parse().ok()?, year.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_found_out_and_stated() {
        let day = look(["17/11/2026", "3/4/2025", "", "2026-01-01"].into_iter());
        assert_eq!((day.order(), day.seen), (Dates::DayFirst, 2));
        assert!(day.words().contains("1 of them cannot be month first"), "{}", day.words());
        assert_eq!(look(["11/17/2026", "3/4/2025"].into_iter()).order(), Dates::MonthFirst);
        let open = look(["3/4/2025"].into_iter());
        assert!(open.order() == Dates::DayFirst && open.words().ends_with("say which."));
        assert_eq!(look(["2026-11-17", "17.11.2026", "soon"].into_iter()), Found::default());
    }

    #[test]
    fn dates_are_read_in_their_order_and_no_other() {
        for (text, order, expected) in [
            ("17/11/2026", Dates::DayFirst, Some("2026-11-17")),
            ("17.11.2026 09:30", Dates::DayFirst, Some("2026-11-17 09:30")),
            ("11-17-2026", Dates::MonthFirst, Some("2026-11-17")),
            ("2026-11-17T09:30:00Z", Dates::MonthFirst, Some("2026-11-17T09:30:00Z")),
            ("17/11/2026", Dates::MonthFirst, None),
            ("31/02/2026", Dates::DayFirst, None),
            ("1/2/26", Dates::DayFirst, None),
            ("soon", Dates::DayFirst, None),
            ("soon", Dates::AsIs, Some("soon")),
        ] {
            assert_eq!(read(text, order).as_deref(), expected, "{text} {order:?}");
        }
    }
}
