//! The progress of the replay on stderr: a bar on a terminal, otherwise a line every 5 seconds. The report alone goes
//! to stdout.

use std::{
    io::{IsTerminal, Write},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use lodgate_e2e::replay::Progress;
use tokio::{sync::oneshot, task::JoinHandle, time::interval};

/// A running display.
pub struct Display {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Displays the progress until [`Display::finish`].
pub fn show(progress: &Arc<Progress>) -> Display {
    let (end, ended) = oneshot::channel();
    let progress = Arc::clone(progress);
    let task = tokio::spawn(async move {
        if std::io::stderr().is_terminal() { bar(&progress, ended).await } else { lines(&progress, ended).await }
    });
    Display { end, task }
}

impl Display {
    /// Stops the display after a last update.
    pub async fn finish(self) {
        let _ = self.end.send(());
        let _ = self.task.await;
    }
}

async fn bar(progress: &Progress, mut ended: oneshot::Receiver<()>) {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} {per_sec} {eta} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut tick = interval(Duration::from_millis(100));
    loop {
        let over = tokio::select! { _ = tick.tick() => false, _ = &mut ended => true };
        bar.set_length(progress.total.load(Ordering::Relaxed));
        bar.set_position(progress.done.load(Ordering::Relaxed));
        bar.set_message(format!("{} refused", progress.refused.load(Ordering::Relaxed)));
        if over {
            bar.reset();
            return;
        }
    }
}

async fn lines(progress: &Progress, mut ended: oneshot::Receiver<()>) {
    let mut tick = interval(Duration::from_secs(5));
    tick.tick().await;
    loop {
        let over = tokio::select! { _ = tick.tick() => false, _ = &mut ended => true };
        let (done, total) = (progress.done.load(Ordering::Relaxed), progress.total.load(Ordering::Relaxed));
        let refused = progress.refused.load(Ordering::Relaxed);
        // An error means that stderr is closed; the replay continues.
        let _ = writeln!(std::io::stderr(), "{done} of {total} done, {refused} refused");
        if over {
            return;
        }
    }
}
