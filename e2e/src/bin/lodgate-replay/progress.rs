//! How far the replay has come: a bar on a terminal, otherwise a line every few seconds. Both on stderr, so that
//! stdout holds the table alone.

use std::{
    io::{IsTerminal, Write},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use lodgate_e2e::replay::Progress;
use tokio::{sync::oneshot, task::JoinHandle, time::interval};

/// A drawing under way.
pub struct Drawn {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Draws until [`Drawn::finish`].
pub fn draw(progress: &Arc<Progress>) -> Drawn {
    let (end, ended) = oneshot::channel();
    let progress = Arc::clone(progress);
    let task = tokio::spawn(async move {
        if std::io::stderr().is_terminal() { bar(&progress, ended).await } else { lines(&progress, ended).await }
    });
    Drawn { end, task }
}

impl Drawn {
    /// Stops drawing, after a last look.
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
        // Nobody to tell when stderr is gone; the replay goes on.
        let _ = writeln!(std::io::stderr(), "{done} of {total} done, {refused} refused");
        if over {
            return;
        }
    }
}
