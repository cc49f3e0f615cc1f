//! Moments on a page: short words, with the full date for programs and on hover.

use std::fmt::{self, Write};

use askama::filters::HtmlSafe;
use askama::{FastWritable, Values};

use crate::clock::Timestamp;
use crate::web::format;
use crate::web::reader::Reader;

use super::Plain;

/// A `<time>` element in the zone of the [`Reader`].
pub struct When {
    at: Timestamp,
    style: Style,
}

enum Style {
    Day,
    Moment,
    Ago,
}

/// "Today", "13 Nov", "13 Nov 2024".
pub fn day(at: impl Plain<Value = Timestamp>) -> When {
    When { at: at.plain(), style: Style::Day }
}

/// "Today 09:40", "13 Nov 09:40".
pub fn moment(at: impl Plain<Value = Timestamp>) -> When {
    When { at: at.plain(), style: Style::Moment }
}

/// "4 min ago", "in 6 days".
pub fn ago(at: impl Plain<Value = Timestamp>) -> When {
    When { at: at.plain(), style: Style::Ago }
}

impl FastWritable for When {
    fn write_into(&self, dest: &mut dyn Write, values: &dyn Values) -> askama::Result<()> {
        let reader = Reader::of(values)?;
        let (at, now, zone) = (self.at, reader.now, &reader.zone);
        let words = match self.style {
            Style::Day => format::day(at, now, zone),
            Style::Moment => format::moment(at, now, zone),
            Style::Ago => format::relative(at, now, zone),
        };
        // Nothing here comes from a person: dates, and the name of a zone we know.
        let (machine, full) = (format::machine(at, zone), format::in_full(at, zone));
        write!(dest, r#"<time datetime="{machine}" title="{full}">{words}</time>"#)?;
        Ok(())
    }
}

/// Without a reader: the moment in UTC, as the API prints it.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at.rfc3339())
    }
}

impl HtmlSafe for When {}
