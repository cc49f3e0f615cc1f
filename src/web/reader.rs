//! For whom a page is drawn, as far as its parts care: zone, time and the secret of their forms.

use std::any::Any;

use askama::Values;
use jiff::tz::TimeZone;

use crate::clock::Timestamp;

const KEY: &str = "reader";

/// The person who will read a page.
///
/// Every template of a page is rendered with it (`template.render_with_values(&reader)`), and the
/// parts that need it (`ui::csrf()`, `ui::day(at)`) find it by themselves. So no page has to hand
/// its time zone or form token down to each form and table.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Goes into every form; the server demands it back on every unsafe request.
    pub csrf: String,
    pub zone: TimeZone,
    /// The time of the request, so that one page says "today" of one day only.
    pub now: Timestamp,
}

impl Reader {
    /// Finds the reader while a template is being rendered.
    ///
    /// Fails when the page was rendered without one; the page is then an error rather than a page
    /// whose forms cannot be sent.
    pub fn of(values: &dyn Values) -> askama::Result<&Reader> {
        askama::get_value::<Reader>(values, KEY)
    }
}

impl Values for Reader {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == KEY).then_some(self as &dyn Any)
    }
}
