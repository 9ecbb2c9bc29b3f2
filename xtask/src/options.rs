//! The check that `.env.example` lists the options of `lodgate serve` with their defaults.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use crate::process::{self, Outcome};

/// The variables of the options, each with its default; empty where there is none.
type Options = BTreeMap<String, String>;

/// Compares `.env.example` with the help text of the gateway. A difference is an error.
pub fn check(root: &Path, gateway: &Path) -> Outcome<()> {
    let help = process::capture(Command::new(gateway).args(["serve", "--help"]).env_clear())?;
    let path = root.join(".env.example");
    let example = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let differences = differences(&from_help(&help), &from_example(&example));
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(".env.example differs from `lodgate serve --help`:\n{}", differences.join("\n")))
}

/// Reads `[env: NAME=]` and the `[default: VALUE]` behind it.
fn from_help(help: &str) -> Options {
    let mut options = Options::new();
    let mut last = None;
    for line in help.lines().map(str::trim) {
        if let Some(variable) = between(line, "[env: ", "]") {
            let name = variable.split('=').next().unwrap_or_default().to_owned();
            options.insert(name.clone(), String::new());
            last = Some(name);
        }
        if let (Some(default), Some(name)) = (between(line, "[default: ", "]"), &last) {
            options.insert(name.clone(), default.to_owned());
        }
        // An option begins; its default must not be taken for that of the option before it.
        if line.starts_with("--") {
            last = None;
        }
    }
    options
}

/// Reads `#NAME=VALUE`, the form of an option that is left at its default.
fn from_example(example: &str) -> Options {
    let lines = example.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    lines.filter(|(name, _)| is_name(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn differences(help: &Options, example: &Options) -> Vec<String> {
    let missing = help.iter().filter(|(name, _)| !example.contains_key(*name));
    let missing = missing.map(|(name, default)| format!("missing: #{name}={default}"));
    let stray = example.keys().filter(|name| !help.contains_key(*name)).map(|name| format!("not an option: {name}"));
    let changed = example.iter().filter_map(|(name, value)| {
        let default = help.get(name).filter(|default| !default.is_empty() && *default != value)?;
        Some(format!("default of {name}: {default}, not {value}"))
    });
    missing.chain(stray).chain(changed).collect()
}

fn between<'a>(line: &'a str, start: &str, end: &str) -> Option<&'a str> {
    line.split_once(start)?.1.split_once(end).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "
      --listen-addr <ADDR:PORT>
          Address and port to listen on

          [env: LISTEN_ADDR=]
          [default: 127.0.0.1:8080]

      --database-url <URL>
          PostgreSQL

          [env: DATABASE_URL]

      --pool-size <NUMBER>
          Connections [env: POOL_SIZE=] [default: 10]

      --help
          [default: none]
    ";

    #[test]
    fn a_complete_example_has_no_differences() {
        let example =
            "# Where to listen.\n#LISTEN_ADDR=127.0.0.1:8080\n#DATABASE_URL=postgres://a@b/c\n#POOL_SIZE=10\n";
        assert_eq!(differences(&from_help(HELP), &from_example(example)), Vec::<String>::new());
    }

    #[test]
    fn missing_stray_and_changed_options_are_named() {
        let example = "#LISTEN_ADDR=0.0.0.0:80\n#DATABASE_URL=\n#POOL=10\n";
        let expected =
            ["missing: #POOL_SIZE=10", "not an option: POOL", "default of LISTEN_ADDR: 127.0.0.1:8080, not 0.0.0.0:80"];
        assert_eq!(differences(&from_help(HELP), &from_example(example)), expected);
    }
}
