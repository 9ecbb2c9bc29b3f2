//! The gateway's Prometheus metrics.

use std::collections::BTreeMap;

/// One line of the exposition.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric's name, with the suffix of its series (`_bucket`, `_sum`, `_count`).
    pub name: String,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// All samples of one scrape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(pub Vec<Sample>);

impl Metrics {
    /// Parses the text exposition format; other lines are skipped.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(sample).collect())
    }

    /// The sum over all samples of this name with these labels; 0 when there is none.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.matching(name, labels).map(|sample| sample.value).sum()
    }

    /// The samples of this name with these labels; they may have more labels.
    pub fn matching<'a>(&'a self, name: &'a str, labels: &'a [(&str, &str)]) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| {
            let carries = |(key, value): &(&str, &str)| sample.labels.get(*key).is_some_and(|found| found == value);
            sample.name == name && labels.iter().all(carries)
        })
    }
}

fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let (series, value) = match line.rfind('}') {
        Some(end) => line.split_at(end + 1),
        None => line.split_once(' ')?,
    };
    let value = value.split_whitespace().next()?.parse().ok()?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    Some(Sample { name: name.to_owned(), labels: parse_labels(labels.strip_suffix('}')?), value })
}

/// `key="value",…`, where a value may contain `\"`, `\\` and `\n`.
fn parse_labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let mut end = after.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped)) => value.push(escaped),
                    None => {}
                },
                plain => value.push(plain),
            }
        }
        labels.insert(key.trim_start_matches([',', ' ']).to_owned(), value);
        rest = &after[end..];
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_by_label() {
        let metrics = Metrics::parse(
            "# TYPE lodgate_cache_total counter\n\
             lodgate_cache_total{level=\"process\",outcome=\"hit\"} 40\n\
             lodgate_cache_total{level=\"redis\",outcome=\"hit\"} 2\n\
             lodgate_cache_total{level=\"process\",outcome=\"miss\"} 1\n\
             lodgate_sockets 7\n\
             odd{text=\"a \\\"quoted\\\" } brace, and = more\"} 1.5e3 1700000000\n",
        );

        assert_eq!(metrics.sum("lodgate_cache_total", &[("outcome", "hit")]), 42.0);
        assert_eq!(metrics.sum("lodgate_cache_total", &[("outcome", "hit"), ("level", "redis")]), 2.0);
        assert_eq!(metrics.sum("lodgate_sockets", &[]), 7.0);
        assert_eq!(metrics.sum("unknown", &[]), 0.0);
        assert_eq!(metrics.sum("odd", &[("text", "a \"quoted\" } brace, and = more")]), 1500.0);
    }
}
