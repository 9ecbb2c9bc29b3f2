//! Figures of the portal, measured in the browser and printed beside their budgets; `cargo xtask bench portal` runs it.
//! It asserts nothing about them.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use lodgate_e2e::{
    browser::Browser,
    portal::{Cell, MANAGER, PortalPage, SUPPLIER, with_portal},
    stories::{Property, Supplier, night},
};
use serde_json::{Value, json};

/// In every document: the time of the frame in which an element first appears.
const CLOCK: &str = "window.appeared = {};
    window.afterPaint = (then) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => then(performance.now()); port2.postMessage(0); });
    const look = () => {
        for (const [name, css] of [['form', '[data-testid=email]'], ['cells', '[data-testid=cell][data-left]']]) {
            if (!(name in window.appeared) && document.querySelector(css)) {
                window.appeared[name] = null;
                window.asked = performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/graphql')).at(-1)?.responseEnd;
                window.afterPaint((now) => { window.appeared[name] = now; });
            }
        }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-left'] });";

/// The time from each key press to the frame after its handlers.
const KEYS: &str = "window.keys = [];
    addEventListener('keydown', (event) => window.afterPaint((now) => window.keys.push(now - event.timeStamp)), true);";

/// The time of every frame, and the page's own work for it: from its first handler to the task after painting.
const FRAMES: &str = "window.frames_ = []; window.work_ = [];
    const frame = (now) => {
        window.frames_.push(now);
        const begun = performance.now();
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => window.work_.push(performance.now() - begun);
        port2.postMessage(0);
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);";

/// Scrolls the calendar by more than a row per frame, to the end and back; returns the page's work per frame.
const SCROLL: &str = "const [done] = arguments;
    const sheet = document.querySelector('.frame'), work = [];
    let by = 70;
    const step = () => {
        const begun = performance.now();
        const before = sheet.scrollTop;
        sheet.scrollTop += by;
        if (sheet.scrollTop === before) { if (by < 0) return done(work); by = -by; }
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { work.push(performance.now() - begun); requestAnimationFrame(step); };
        port2.postMessage(0);
    };
    requestAnimationFrame(step);";

/// Replaces the calendar by the same finished HTML: the time that the browser alone needs.
const FLOOR: &str = "const [done] = arguments;
    const frame = document.querySelector('.frame'), html = frame.innerHTML;
    frame.replaceChildren();
    window.afterPaint(() => setTimeout(() => {
        const begun = performance.now();
        frame.innerHTML = html;
        window.afterPaint((now) => done(now - begun));
    }, 100));";

/// The number of page loads; the figures are medians.
const LOADS: usize = 5;
/// The repeat rate of a held key, about 30 per second.
const KEY_REPEAT: Duration = Duration::from_millis(33);

/// An intercontinental connection: 10 Mbit/s in bytes per second, 40 ms round trip.
const SLOW_LINE: (u32, u32) = (1_250_000, 40);
const FLOOD: Duration = Duration::from_secs(8);
const FLOOD_RATE: u32 = 500;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; `cargo xtask bench portal` runs it"]
async fn figures_of_the_portal() -> Result<()> {
    let gateway = with_portal().start().await;
    let supplier = gateway.supplier(SUPPLIER).await;
    let wide = many_rooms(&supplier).await;
    let mut table = Table::default();

    let visitor = Browser::start().await?;
    visitor.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": CLOCK })).await?;
    visitor.devtools("Network.enable", &json!({})).await?;
    let (rate, latency) = SLOW_LINE;
    let line = json!({ "offline": false, "latency": latency, "downloadThroughput": rate, "uploadThroughput": rate });
    visitor.devtools("Network.emulateNetworkConditions", &line).await?;
    visitor.open(gateway.base_url()).await?;
    let interactive = number(&wait(&visitor, "return window.appeared.form").await?);
    let paint =
        visitor.script("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0").await?;
    table.row("first paint, cold, 10 Mbit/s", number(&paint), "ms", "1,000", None);
    table.row("interactive, cold, 10 Mbit/s", interactive, "ms", "2,500", None);
    visitor.session.close().await?;

    let portal = PortalPage::open_as(MANAGER, gateway.base_url()).await?;
    let browser = &portal.browser;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": CLOCK })).await?;
    for (what, path, budget) in [
        ("40 room types x 31 nights", format!("/calendar?p={}&from={}&days=31", wide.code, night(1)), "150"),
        ("25 properties x 8 room types x 31 nights", format!("/calendar?p=all&from={}&days=31", night(1)), "—"),
    ] {
        let (mut from_answer, mut from_address) = (Vec::new(), Vec::new());
        for _ in 0..LOADS {
            portal.go_to(&path).await?;
            let painted =
                number(&wait(browser, "return window.appeared.cells").await.with_context(|| what.to_owned())?);
            from_answer.push(painted - number(&browser.script("return window.asked").await?));
            from_address.push(painted);
        }
        if path.contains("p=all") {
            let work = browser.session.execute_async(SCROLL, Vec::new()).await?;
            table.row(&format!("{what}: work for a frame, scrolling, p95"), quantile(&work, 95), "ms", "16", None);
        }
        let floor = number(&browser.session.execute_async(FLOOR, Vec::new()).await?);
        table.row(&format!("{what}: answer to painted"), quantile(&json!(from_answer), 50), "ms", budget, Some(floor));
        table.row(&format!("{what}: address to painted"), quantile(&json!(from_address), 50), "ms", "—", None);
    }

    portal.calendar_of(&wide, night(1), 31).await?;
    portal.wait_until_live().await?;
    portal.focus_cell(&Cell::of("R01", night(1))).await?;
    browser.script(KEYS).await?;
    let walk = ["ArrowRight", "ArrowDown", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "ArrowLeft"];
    let typed = ["7", "Escape", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowRight"];
    for _ in 0..10 {
        for key in walk.iter().chain(&typed) {
            browser.press(&[key]).await?;
            tokio::time::sleep(KEY_REPEAT).await;
        }
    }
    let keys = browser.script("return window.keys").await?;
    table.row("key to paint, p50", quantile(&keys, 50), "ms", "—", None);
    table.row("key to paint, p95", quantile(&keys, 95), "ms", "50", None);

    let busy = Frames::beside_a_flood(browser, &supplier, &wide).await?;
    // The frames that an idle page misses under the same load are due to the computer.
    let idle = Browser::start().await?;
    idle.open(&format!("{}/icon.svg", gateway.base_url())).await?;
    let floor = Frames::beside_a_flood(&idle, &supplier, &wide).await?;
    idle.session.close().await?;
    table.row("changes per second", busy.changes_per_second, "", "500", None);
    table.row("the page's own work for a frame, p50", quantile(&busy.work, 50), "ms", "—", None);
    table.row(
        "the page's own work for a frame, p95",
        quantile(&busy.work, 95),
        "ms",
        "16",
        Some(quantile(&floor.work, 95)),
    );
    table.row("frames dropped meanwhile", busy.dropped(), "%", "0", Some(floor.dropped()));
    table.row("longest frame meanwhile", busy.longest(), "ms", "—", Some(floor.longest()));

    for (what, extensions, budget) in [
        ("wasm, brotli", ["wasm"].as_slice(), "450"),
        ("glue and styles, brotli", &["js", "css"], "60"),
        ("fonts", &["woff2"], "80"),
    ] {
        table.row(what, sizes(extensions)?, "KB", budget, None);
    }
    println!("\n{}", table.0.join("\n"));
    portal.browser.session.close().await?;
    Ok(())
}

/// The frames of a page during changes.
struct Frames {
    changes_per_second: f64,
    lengths: Vec<f64>,
    work: Value,
}

impl Frames {
    async fn beside_a_flood(browser: &Browser, supplier: &Supplier, property: &Property) -> Result<Self> {
        browser.script(FRAMES).await?;
        let changes_per_second = flood(supplier, property).await?;
        let lengths = browser.script("return window.frames_.slice(1).map((at, n) => at - window.frames_[n])").await?;
        let work = browser.script("return window.work_").await?;
        Ok(Self { changes_per_second, lengths: lengths.as_array().into_iter().flatten().map(number).collect(), work })
    }

    /// Dropped frames of a 60 Hz screen, in percent.
    fn dropped(&self) -> f64 {
        let missed = |length: &f64| ((length / (1000.0 / 60.0)).round() - 1.0).max(0.0);
        let dropped: f64 = self.lengths.iter().map(missed).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred frames")]
        let all = self.lengths.len() as f64 + dropped;
        100.0 * dropped / all
    }

    fn longest(&self) -> f64 {
        self.lengths.iter().copied().fold(0.0, f64::max)
    }
}

/// A property with forty room types, and 25 others with eight.
async fn many_rooms(supplier: &Supplier) -> Property {
    let nights = (night(0), night(60));
    let rooms = |property: &str, count: usize| {
        let new = supplier.property(property).nights(nights.0, nights.1);
        (1..=count).fold(new, |new, number| new.rooms(&format!("R{number:02}"), 20))
    };
    for number in 0..25 {
        rooms(&format!("chain {number}"), 8).create().await;
    }
    rooms("wide", 40).create().await
}

/// Writes changes at the rate of the budget; returns the achieved changes per second.
async fn flood(supplier: &Supplier, property: &Property) -> Result<f64> {
    const WRITERS: u32 = 25;
    let begun = Instant::now();
    let every = Duration::from_secs(1) * WRITERS / FLOOD_RATE;
    let writers = (0..WRITERS).map(|writer| {
        let (supplier, property) = (supplier.clone(), property.clone());
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(every);
            let mut written: u32 = 0;
            while begun.elapsed() < FLOOD {
                beat.tick().await;
                let (room, date) =
                    (format!("R{:02}", 1 + (written + writer) % 40), night(u64::from(1 + (written + writer) % 31)));
                supplier.set_allotments(&property, &room, (date, date), 1 + written % 19).await.accepted();
                written += 1;
            }
            written
        })
    });
    let written: u32 = try_join_all(writers).await?.into_iter().sum();
    Ok(f64::from(written) / begun.elapsed().as_secs_f64())
}

/// Polls the page until the script returns a value.
async fn wait(browser: &Browser, script: &str) -> Result<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = browser.script(script).await?;
        if !answer.is_null() {
            return Ok(answer);
        }
        anyhow::ensure!(Instant::now() < deadline, "`{script}` stays null");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Kilobytes of the portal's files with these extensions, compressed where the build compressed them.
fn sizes(extensions: &[&str]) -> Result<f64> {
    let folder = std::env::var_os("PORTAL_DIR").context("PORTAL_DIR is the folder of the built portal")?;
    let mut bytes = 0;
    for file in files_below(Path::new(&folder))? {
        let Some(extension) = file.extension().and_then(|extension| extension.to_str()) else { continue };
        if extensions.contains(&extension) {
            let compressed = PathBuf::from(format!("{}.br", file.display()));
            bytes += if compressed.is_file() { compressed } else { file }.metadata()?.len();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "well below 2^52 bytes")]
    Ok(bytes as f64 / 1024.0)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn quantile(values: &Value, percent: usize) -> f64 {
    let mut sorted: Vec<f64> = values.as_array().into_iter().flatten().map(number).collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

#[derive(Debug, Default)]
struct Table(Vec<String>);

impl Table {
    /// Adds a row. `floor` is what the browser or the computer needs by itself.
    fn row(&mut self, what: &str, measured: f64, unit: &str, budget: &str, floor: Option<f64>) {
        if self.0.is_empty() {
            self.0.push(format!("{:<58}{:>12}{:>12}{:>12}", "", "measured", "floor", "budget"));
        }
        let with_unit = |number: f64| format!("{number:.0} {unit}");
        let budget = if budget == "—" { budget.to_owned() } else { format!("{budget} {unit}") };
        let floor = floor.map_or_else(|| "—".to_owned(), with_unit);
        self.0.push(format!("{what:<58}{:>12}{floor:>12}{budget:>12}", with_unit(measured)));
    }
}
