//! Accessibility checks with axe-core, run in the page.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::Browser;
use crate::nodejs;

const RUN: &str = "const [selector, done] = arguments;
    axe.run(document.querySelector(selector), { resultTypes: ['violations'] }).then(
        (found) => done({ violations: found.violations.map(({ id, impact, help, nodes }) => ({
            id, impact, help,
            nodes: nodes.slice(0, 4).map((node) => `${node.target.join(' ')}: ${node.html.slice(0, 240)} ${node.failureSummary}`),
        })) }),
        (error) => done({ error: `${error}` }))";

impl Browser {
    /// Checks the current page; `screen` is its name in the error.
    ///
    /// # Errors
    /// With every issue that axe-core rates as serious or critical; also when axe-core is missing.
    pub async fn assert_accessible(&self, screen: &str) -> Result<()> {
        self.assert_accessible_in(screen, ":root").await
    }

    /// As [`assert_accessible`](Self::assert_accessible), for one part of the page.
    ///
    /// # Errors
    /// As [`assert_accessible`](Self::assert_accessible).
    pub async fn assert_accessible_in(&self, screen: &str, selector: &str) -> Result<()> {
        let file = nodejs::modules()?.join("axe-core/axe.min.js");
        let source = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // By DevTools, because the content security policy of the page rejects added scripts.
        self.devtools("Runtime.evaluate", &json!({ "expression": source })).await?;
        let found = self.session.execute_async(RUN, vec![json!(selector)]).await?;
        let violations =
            found["violations"].as_array().with_context(|| format!("axe-core returned no result: {found}"))?;
        let serious: Vec<String> = violations
            .iter()
            .filter(|violation| violation["impact"] == "serious" || violation["impact"] == "critical")
            .map(|violation| {
                format!(
                    "{} ({}): {}\n{:#}",
                    violation["id"], violation["impact"], violation["help"], violation["nodes"]
                )
            })
            .collect();
        ensure!(
            serious.is_empty(),
            "{screen} has {} serious accessibility issues:\n{}",
            serious.len(),
            serious.join("\n")
        );
        Ok(())
    }
}
