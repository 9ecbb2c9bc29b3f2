//! axe-core, run in the page: what a machine can tell of a screen's accessibility.

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
    /// Checks what the page shows now; `screen` is its name in the error.
    ///
    /// # Errors
    /// With every issue that axe-core calls serious or critical; or without axe-core.
    pub async fn assert_accessible(&self, screen: &str) -> Result<()> {
        self.assert_accessible_in(screen, ":root").await
    }

    /// As [`accessible`](Self::accessible), of one part of the page.
    ///
    /// # Errors
    /// As there.
    pub async fn assert_accessible_in(&self, screen: &str, selector: &str) -> Result<()> {
        let file = nodejs::modules()?.join("axe-core/axe.min.js");
        let source = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        // By DevTools: the page's own policy rightly lets no script be added to it.
        self.devtools("Runtime.evaluate", &json!({ "expression": source })).await?;
        let found = self.session.execute_async(RUN, vec![json!(selector)]).await?;
        let violations =
            found["violations"].as_array().with_context(|| format!("axe-core gave no verdict: {found}"))?;
        let grave: Vec<String> = violations
            .iter()
            .filter(|violation| violation["impact"] == "serious" || violation["impact"] == "critical")
            .map(|violation| {
                format!(
                    "{} ({}): {}\n{:#}",
                    violation["id"], violation["impact"], violation["help"], violation["nodes"]
                )
            })
            .collect();
        ensure!(grave.is_empty(), "{screen} has {} grave issues:\n{}", grave.len(), grave.join("\n"));
        Ok(())
    }
}
