//! The browser keeps every error that a page did not catch; else no browser story would prove anything.

use anyhow::Result;
use lodgate_e2e::browser::Browser;
use tokio::{io::AsyncWriteExt, net::TcpListener};

async fn serve(page: &'static str) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                page.len()
            );
            let _ = stream.write_all((head + page).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    Ok(url)
}

#[tokio::test]
async fn a_page_without_errors_closes_well() -> Result<()> {
    let url = serve("<!doctype html><link rel=icon href='data:,'><p data-testid=hello>Hello</p>").await?;
    let browser = Browser::start().await?;

    browser.open(&url).await?;

    assert_eq!(browser.find("hello").await?.text().await?, "Hello");
    browser.close().await
}

#[tokio::test]
async fn errors_that_nobody_caught_fail_the_story() -> Result<()> {
    let url = serve(
        "<!doctype html><link rel=icon href='data:,'><script>
         Promise.reject(new Error('left alone'));
         setTimeout(() => { document.body.innerHTML = '<p data-testid=done>'; throw new Error('thrown late'); });
         throw new Error('thrown at once');
         </script>",
    )
    .await?;
    let browser = Browser::start().await?;

    browser.open(&url).await?;
    browser.find("done").await?;
    let error = browser.close().await.expect_err("three errors").to_string();

    for cause in ["thrown at once", "thrown late", "left alone"] {
        assert!(error.contains(cause), "{error}");
    }
    Ok(())
}
