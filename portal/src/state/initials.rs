//! Initials of users and API clients.

/// Two letters for a user or an API client: `front.office@hotel.example` is `FO`, `OPERA sync` is `OS`.
pub fn initials(actor: &str) -> String {
    let name = actor.split('@').next().unwrap_or_default();
    let mut words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    let second = words.next();
    let letters: String = match second {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None => first.chars().take(2).collect(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_two_letters() {
        let letters =
            ["front.office@hotel.example", "OPERA sync", "owner@harbour.example", "x@harbour.example", "é", "@"]
                .map(initials);
        assert_eq!(letters, ["FO", "OS", "OW", "X", "É", "?"]);
    }
}
