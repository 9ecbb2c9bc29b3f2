//! The browser helper records every uncaught error, and its keyboard, pointer and clipboard cause trusted events.

use anyhow::{Result, ensure};
use lodgate_e2e::{Proxy, browser::Browser};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Serves one page at `/`; any other path is not found.
async fn serve(page: &'static str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).await.unwrap_or_default();
            let (status, body) =
                if request[..length].starts_with(b"GET / ") { ("200 OK", page) } else { ("404 None", "") };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all((head + body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Ok(url)
}

#[tokio::test]
async fn a_page_without_errors_closes_without_faults() -> Result<()> {
    let url = serve("<!doctype html><link rel=icon href='data:,'><p data-testid=hello>Hello</p>").await?;
    let browser = Browser::start().await?;

    browser.open(&url).await?;

    assert_eq!(browser.find("hello").await?.text().await?, "Hello");
    assert_eq!(browser.script("return [innerWidth, innerHeight]").await?, json!([1440, 900]));
    browser.close().await
}

#[tokio::test]
async fn uncaught_errors_fail_the_test() -> Result<()> {
    let url = serve(
        "<!doctype html><link rel=icon href='data:,'><body><script>
         Promise.reject(new Error('left alone'));
         setTimeout(() => { document.body.innerHTML = '<p data-testid=done>'; throw new Error('thrown late'); });
         console.error('complained of');
         fetch('/missing.json').catch(() => {});
         fetch('http://localhost:1/elsewhere').catch(() => {});
         throw new Error('thrown at once');
         </script>",
    )
    .await?;
    let browser = Browser::start().await?;

    browser.open(&url).await?;
    browser.find("done").await?;
    browser.open(&url).await?;
    browser.find("done").await?;
    let error = browser.close().await.expect_err("a page with faults").to_string();

    for cause in ["thrown at once", "thrown late", "left alone", "complained of", "missing.json (404)", "1/elsewhere"] {
        assert!(error.contains(cause), "{cause} is missing: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn keyboard_pointer_and_clipboard_cause_trusted_events() -> Result<()> {
    let url = serve(
        "<!doctype html><link rel=icon href='data:,'><div id=pad tabindex=0 style='width:400px;height:100px'></div>
         <input id=field><script>
         window.seen = [];
         const note = (what) => (event) => window.seen.push([what(event), event.isTrusted]);
         pad.addEventListener('keydown', note((e) => `${e.ctrlKey ? 'Ctrl ' : ''}${e.shiftKey ? 'Shift ' : ''}${e.key}`));
         pad.addEventListener('paste', note((e) => `paste ${e.clipboardData.getData('text/plain')}`));
         pad.addEventListener('pointerdown', note((e) => `down${e.shiftKey ? ' Shift' : ''}`));
         pad.addEventListener('pointerup', note((e) => `up ${e.clientX > 100}`));
         </script>",
    )
    .await?;
    let browser = Browser::start().await?;
    browser.open(&url).await?;

    browser.script("pad.focus()").await?;
    browser.press(&["8", "Shift+ArrowRight", "Ctrl+z", "F2"]).await?;
    browser.write_clipboard("1\t2\n3\t4").await?;
    browser.press(&["Ctrl+v"]).await?;
    browser.drag("#pad", "#field").await?;
    browser.click_with("Shift", "#pad").await?;

    let seen = browser.script("return window.seen").await?;
    let events: Vec<&str> = seen.as_array().into_iter().flatten().filter_map(|one| one[0].as_str()).collect();
    ensure!(seen.as_array().into_iter().flatten().all(|one| one[1] == true), "an untrusted event: {seen}");
    for event in ["8", "Shift ArrowRight", "Ctrl z", "F2", "paste 1\t2\n3\t4", "down", "down Shift", "up true"] {
        ensure!(events.contains(&event), "{event:?} is missing in {seen}");
    }
    assert_eq!(browser.read_clipboard().await?, "1\t2\n3\t4");
    browser.close().await
}

#[tokio::test]
async fn the_proxy_resets_and_pauses_connections() -> Result<()> {
    let url = serve("<!doctype html><link rel=icon href='data:,'><p data-testid=hello>Hello</p>").await?;
    let proxy = Proxy::start(url.trim_end_matches('/')).await?;
    let browser = Browser::start().await?;
    browser.open(proxy.base_url()).await?;
    browser.find("hello").await?;
    assert_eq!((proxy.websockets_opened(), proxy.reset_websockets()), (0, 0));

    proxy.pause();
    let asked = "window.answer = 'none'; fetch('/').then((a) => { window.answer = a.status; }, () => {})";
    browser.script(asked).await?;
    assert_eq!(browser.script("return window.answer").await?, "none");
    proxy.resume();
    browser
        .session
        .execute_async("const [done] = arguments; const look = () => window.answer === 200 ? done() : setTimeout(look, 10); look()", Vec::new())
        .await?;

    browser.set_offline(true).await?;
    assert_eq!(browser.script("return navigator.onLine").await?, false);
    browser.set_offline(false).await?;
    assert_eq!(browser.script("return navigator.onLine").await?, true);
    browser.close().await
}
