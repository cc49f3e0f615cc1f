//! The mail as it is before a workspace writes its own.

use super::words::Words;

/// The languages it comes in.
pub const LANGUAGES: &[&str] = &["en", "de", "es", "fr"];

/// The first words of a language; `None` for one that it does not come in.
pub fn words(tag: &str) -> Option<Words> {
    let (title, body) = match tag {
        "en" => (
            "One click is missing: {purpose}",
            "Hello {name},\n\nsomebody agreed to this with your address:\n\n{wording}\n\nIf it was you, open this \
             page and confirm it there:\n\n{link}\n\nThe link works once, until {until}. If it was not you, do \
             nothing: without your confirmation nobody writes to you for this, and after 30 days it is \
             forgotten.\n\n{workspace}",
        ),
        "de" => (
            "Ein Klick fehlt noch: {purpose}",
            "Guten Tag {name},\n\njemand hat mit Ihrer Adresse hier zugestimmt:\n\n{wording}\n\nWaren Sie das, dann \
             öffnen Sie diese Seite und bestätigen Sie es dort:\n\n{link}\n\nDer Link gilt einmal, bis {until}. Waren \
             Sie es nicht, dann tun Sie nichts: Ohne Ihre Bestätigung schreibt Ihnen dafür niemand, und nach 30 Tagen \
             ist es vergessen.\n\n{workspace}",
        ),
        "es" => (
            "Falta un clic: {purpose}",
            "Hola {name}:\n\nalguien ha aceptado esto con su dirección:\n\n{wording}\n\nSi ha sido usted, abra esta \
             página y confírmelo allí:\n\n{link}\n\nEl enlace funciona una vez, hasta el {until}. Si no ha sido \
             usted, no haga nada: sin su confirmación nadie le escribirá por esto, y pasados 30 días queda \
             olvidado.\n\n{workspace}",
        ),
        "fr" => (
            "Il manque un clic : {purpose}",
            "Bonjour {name},\n\nquelqu’un a accepté ceci avec votre adresse :\n\n{wording}\n\nSi c’était vous, ouvrez \
             cette page et confirmez-le :\n\n{link}\n\nLe lien fonctionne une fois, jusqu’au {until}. Si ce n’était \
             pas vous, ne faites rien : sans votre confirmation, personne ne vous écrira pour cela, et après 30 jours \
             tout est oublié.\n\n{workspace}",
        ),
        _ => return None,
    };
    Some(Words { title: title.to_owned(), body: body.to_owned() })
}
