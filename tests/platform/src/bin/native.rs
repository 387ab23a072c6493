//! The native platform behind a port, so that the same suite can reach it. Settings come from the environment.

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use platform::serve::REQUEST_HEADERS;
use platform::{Config, Context, Tasks};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the suite reads the address")]
async fn main() -> std::io::Result<()> {
    let context = Context { config: std::env::vars().collect::<Config>(), tasks: Tasks::default() };
    let router = Router::new().fallback(move |request| answer(context.clone(), request));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("Serving http://{}", listener.local_addr()?);
    axum::serve(listener, router).await
}

async fn answer(context: Context, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut head = format!("{}\n{}", parts.method, parts.uri);
    for name in REQUEST_HEADERS {
        if let Some(value) = parts.headers.get(*name) {
            let value = String::from_utf8_lossy(value.as_bytes());
            head.extend(["\n", *name, ":", value.as_ref()]);
        }
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let application = platform_contract::application();
    platform::entry::call(&application, &(application.handler)(), &context, &head, body).await
}
