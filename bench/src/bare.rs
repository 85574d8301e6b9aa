//! The bound of everything over HTTP: the same framework with a handler that does next to nothing,
//! in a process of its own, as the gateway is.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::gateway::Gateway;

/// The argument that makes this program the bare server.
pub(crate) const ARGUMENT: &str = "bare-server";

/// Starts one that answers `body` to `GET`, and to `POST` too when it has parsed the request's.
pub(crate) fn start(body: &[u8]) -> Gateway {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(body).expect("a body");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg(ARGUMENT).arg(file.path());
    // It has read the file before it says that it is ready.
    Gateway::wait(command)
}

/// Is the bare server.
pub(crate) async fn serve(body: &Path) -> std::io::Result<()> {
    let body = web::Bytes::from(std::fs::read(body)?);
    let server = HttpServer::new(move || {
        let (got, posted) = (body.clone(), body.clone());
        let json = |body: web::Bytes| HttpResponse::Ok().content_type("application/json").body(body);
        App::new()
            .app_data(web::JsonConfig::default().limit(16 * 1024 * 1024))
            .default_service(
                web::route().guard(actix_web::guard::Get()).to(move || std::future::ready(json(got.clone()))),
            )
            .route(
                "/post",
                web::post().to(move |parsed: web::Json<serde_json::Value>| {
                    drop(parsed);
                    std::future::ready(json(posted.clone()))
                }),
            )
    })
    .bind("127.0.0.1:0")?;
    let address = server.addrs()[0];
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    server.run().await
}
