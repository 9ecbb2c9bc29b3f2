//! Input from keyboard, pointer and clipboard. The page receives trusted events, as from real devices.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Browser, driver::Command};

impl Browser {
    /// Presses chords one after another, such as `8`, `Enter`, `Ctrl+Shift+Z` or `Shift+ArrowRight`.
    ///
    /// # Errors
    /// When a key is unknown or the browser rejects the input.
    pub async fn press(&self, chords: &[&str]) -> Result<()> {
        let mut strokes = Vec::new();
        for chord in chords {
            let keys = keys_of(chord)?;
            strokes.extend(keys.iter().map(|key| json!({ "type": "keyDown", "value": key })));
            strokes.extend(keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        }
        self.act(&[json!({ "type": "key", "id": "keyboard", "actions": strokes })]).await
    }

    /// Presses one chord `times` times.
    ///
    /// # Errors
    /// As [`press`](Self::press).
    pub async fn press_times(&self, chord: &str, times: usize) -> Result<()> {
        self.press(&vec![chord; times]).await
    }

    /// Types text into the focused element, key by key.
    ///
    /// # Errors
    /// When the browser rejects the input.
    pub async fn type_keys(&self, text: &str) -> Result<()> {
        let letters: Vec<String> = text.chars().map(String::from).collect();
        let strokes: Vec<Value> = letters
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        self.act(&[json!({ "type": "key", "id": "keyboard", "actions": strokes })]).await
    }

    /// Presses the pointer on one element, moves to another and releases it there.
    ///
    /// # Errors
    /// When either element is missing.
    pub async fn drag(&self, from: &str, to: &str) -> Result<()> {
        let (start, end) = (self.centre(from).await?, self.centre(to).await?);
        let middle = ((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0);
        let strokes = [
            moved(start),
            json!({ "type": "pointerDown", "button": 0 }),
            moved(middle),
            moved(end),
            json!({ "type": "pointerUp", "button": 0 }),
        ];
        self.act(&[json!({ "type": "pointer", "id": "mouse", "actions": strokes })]).await
    }

    /// Clicks an element while keys are held, such as `Shift`; `held` may be empty.
    ///
    /// # Errors
    /// When the element is missing or a key is unknown.
    pub async fn click_with(&self, held: &str, selector: &str) -> Result<()> {
        let keys = if held.is_empty() { Vec::new() } else { keys_of(held)? };
        let at = self.centre(selector).await?;
        // The devices act in step: the keys go down, the pointer moves and clicks, the keys come up.
        let pause = || json!({ "type": "pause" });
        let mut strokes: Vec<Value> = keys.iter().map(|key| json!({ "type": "keyDown", "value": key })).collect();
        let mut pointer: Vec<Value> = keys.iter().map(|_| pause()).collect();
        pointer.extend([
            moved(at),
            json!({ "type": "pointerDown", "button": 0 }),
            json!({ "type": "pointerUp", "button": 0 }),
        ]);
        strokes.extend([pause(), pause(), pause()]);
        strokes.extend(keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key })));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.act(&[keyboard, json!({ "type": "pointer", "id": "mouse", "actions": pointer })]).await
    }

    /// Puts text on the clipboard, as another program would.
    ///
    /// # Errors
    /// When the origin of the page may not write to the clipboard.
    pub async fn write_clipboard(&self, text: &str) -> Result<()> {
        self.grant_clipboard().await?;
        let outcome = self
            .session
            .execute_async(
                "const [text, done] = arguments; navigator.clipboard.writeText(text).then(() => done(''), (e) => done(`${e}`))",
                vec![json!(text)],
            )
            .await?;
        anyhow::ensure!(outcome == "", "the clipboard was not written: {outcome}");
        Ok(())
    }

    /// The text on the clipboard.
    ///
    /// # Errors
    /// When the origin of the page may not read the clipboard.
    pub async fn read_clipboard(&self) -> Result<String> {
        self.grant_clipboard().await?;
        let text = self
            .session
            .execute_async(
                "const [done] = arguments; navigator.clipboard.readText().then(done, (e) => done({ no: `${e}` }))",
                Vec::new(),
            )
            .await?;
        text.as_str().map(str::to_owned).with_context(|| format!("the clipboard was not read: {text}"))
    }

    async fn grant_clipboard(&self) -> Result<()> {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        self.devtools("Browser.grantPermissions", &json!({ "permissions": permissions })).await?;
        Ok(())
    }

    /// The centre of the first element that matches, after scrolling it into view.
    async fn centre(&self, selector: &str) -> Result<(f64, f64)> {
        let element = self.find_css(selector).await?;
        let script = "arguments[0].scrollIntoView({ block: 'nearest', inline: 'nearest' });
            const box = arguments[0].getBoundingClientRect();
            return [box.left + box.width / 2, box.top + box.height / 2]";
        let at = self.session.execute(script, vec![serde_json::to_value(&element)?]).await?;
        Ok((at[0].as_f64().context("a coordinate")?, at[1].as_f64().context("a coordinate")?))
    }

    async fn act(&self, devices: &[Value]) -> Result<()> {
        self.session.issue_cmd(Command::actions(devices)).await?;
        Ok(())
    }
}

fn moved((x, y): (f64, f64)) -> Value {
    json!({ "type": "pointerMove", "duration": 0, "x": x.round(), "y": y.round() })
}

/// The keys of a chord, modifiers first. `+` alone, or after another `+`, is the key itself.
fn keys_of(chord: &str) -> Result<Vec<String>> {
    let (held, last) = match chord.strip_suffix('+') {
        Some(held) => (held.trim_end_matches('+'), "+"),
        None => chord.rsplit_once('+').unwrap_or(("", chord)),
    };
    held.split('+').filter(|name| !name.is_empty()).chain([last]).map(key).collect()
}

/// A key in the notation of WebDriver: printable keys are themselves, the others are in a private range of Unicode.
fn key(name: &str) -> Result<String> {
    let code = match name {
        "Backspace" => '\u{E003}',
        "Tab" => '\u{E004}',
        "Enter" => '\u{E007}',
        "Shift" => '\u{E008}',
        "Ctrl" => '\u{E009}',
        "Alt" => '\u{E00A}',
        "Escape" => '\u{E00C}',
        "Space" => ' ',
        "PageUp" => '\u{E00E}',
        "PageDown" => '\u{E00F}',
        "End" => '\u{E010}',
        "Home" => '\u{E011}',
        "ArrowLeft" => '\u{E012}',
        "ArrowUp" => '\u{E013}',
        "ArrowRight" => '\u{E014}',
        "ArrowDown" => '\u{E015}',
        "Delete" => '\u{E017}',
        "F2" => '\u{E032}',
        _ => {
            let mut letters = name.chars();
            let first = letters.next().context("a chord without a key")?;
            anyhow::ensure!(letters.next().is_none(), "there is no key {name}");
            first
        }
    };
    Ok(code.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chord_is_split_into_its_keys_in_order() {
        let keys = |chord| keys_of(chord).expect("a chord").concat();
        assert_eq!(keys("8"), "8");
        assert_eq!(keys("+"), "+");
        assert_eq!(keys("Ctrl++"), "\u{E009}+");
        assert_eq!(keys("Ctrl+Shift+Z"), "\u{E009}\u{E008}Z");
        assert!(keys_of("Strg+C").is_err());
    }
}
