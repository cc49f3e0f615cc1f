//! The HTML form of a text mail: the same words, so that the two can never disagree.

use askama::Template;

use crate::error::Error;

/// A paragraph, and how it stands out.
enum Block<'a> {
    Words(&'a str),
    Link(&'a str),
    Code(&'a str),
}

#[derive(Template)]
#[template(path = "email/frame.html")]
struct Frame<'a> {
    title: &'a str,
    blocks: Vec<Block<'a>>,
}

/// Renders paragraphs of `text`. Only the paragraph that *is* `link` becomes a link and the one that *is*
/// `code` stands out: nothing else in a mail can be clicked, whatever people call themselves.
pub fn twin(title: &str, text: &str, link: Option<&str>, code: Option<&str>) -> Result<String, Error> {
    let block = |paragraph| match paragraph {
        words if Some(words) == link => Block::Link(words),
        words if Some(words) == code => Block::Code(words),
        words => Block::Words(words),
    };
    let blocks = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(block).collect();
    Frame { title, blocks }.render().map_err(|error| Error::Internal(Box::new(error)))
}
