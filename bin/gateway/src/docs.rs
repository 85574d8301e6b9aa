//! `/docs`: the OpenAPI documents of what this gateway serves, in Swagger UI. Open: it tells what
//! stands in the source. Nothing is fetched from elsewhere, neither at the build nor by the browser.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use actix_web::HttpResponse;
use actix_web::body::{MessageBody, SizedStream};
use actix_web::http::header;
use actix_web::web::{Bytes, Data, ServiceConfig};
use futures_util::stream;
use roster_kernel::{Fault, PortError};
use roster_web::{Call, Endpoint, Routes};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use crate::admin::Error;

/// Swagger UI's own files and nothing else: styles are also set by its script, and its icons are
/// `data:` images.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// What of Swagger UI is served; its package has more.
const FILES: [&str; 7] = [
    "index.html",
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
];

/// How much of a file is handed to a connection at a time, in bytes.
const PIECE: usize = 32 * 1024;

/// How long a browser may keep these files, in seconds.
const MAX_AGE: u32 = 3600;

/// The documents, as they are sent. They are made when the first is asked for: that takes memory which a
/// gateway whose documents nobody reads has no use for.
pub(crate) struct Docs {
    make: Box<dyn Fn() -> Vec<(&'static str, OpenApi)> + Send + Sync>,
    made: OnceLock<Made>,
}

struct Made {
    documents: BTreeMap<String, Bytes>,
    initializer: String,
}

impl Docs {
    /// The documents that `make` makes, by their names.
    pub(crate) fn new(make: impl Fn() -> Vec<(&'static str, OpenApi)> + Send + Sync + 'static) -> Self {
        Self { make: Box::new(make), made: OnceLock::new() }
    }

    fn made(&self) -> Result<&Made, Error> {
        if let Some(made) = self.made.get() {
            return Ok(made);
        }
        let made = Made::of((self.make)()).map_err(PortError::failed)?;
        // Two that are made at once are the same.
        Ok(self.made.get_or_init(|| made))
    }
}

impl Made {
    fn of(documents: Vec<(&'static str, OpenApi)>) -> serde_json::Result<Self> {
        // Relative, so that a proxy may put a prefix before all of it.
        let url = |name: &str| json!({"name": name, "url": format!("openapi/{name}.json")});
        let urls = Value::Array(documents.iter().map(|(name, _)| url(name)).collect());
        // Without a validator: the default one asks a server on the internet.
        let initializer = format!(
            "window.onload = () => {{\n  window.ui = SwaggerUIBundle({{\n    urls: {urls},\n    dom_id: \
             '#swagger-ui',\n    deepLinking: true,\n    validatorUrl: null,\n    presets: \
             [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],\n    layout: 'StandaloneLayout',\n  \
             }});\n}};\n"
        );
        let written =
            |(name, document): (&str, OpenApi)| Ok((format!("{name}.json"), document.to_json()?.into()));
        Ok(Self { documents: documents.into_iter().map(written).collect::<Result<_, _>>()?, initializer })
    }
}

/// Mounts `/docs`.
pub(crate) fn routes(docs: Arc<Docs>) -> impl FnOnce(&mut ServiceConfig) {
    let at = Endpoint::<Docs, Error>::at;
    move |config| {
        let endpoints = vec![
            at("").get(begin),
            at("/").get(index),
            at("/openapi/{document}").get(document),
            at("/{file}").get(file),
        ];
        config.service(Routes::below("/docs", endpoints).of(Data::from(docs)));
    }
}

/// `GET /docs`: the page's files stand below it.
async fn begin(_: Call<Docs>) -> Result<HttpResponse, Error> {
    Ok(HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "docs/")).finish())
}

/// `GET /docs/`
async fn index(_: Call<Docs>) -> Result<HttpResponse, Error> {
    vendored("index.html")
}

/// `GET /docs/openapi/{name}.json`
async fn document(call: Call<Docs>) -> Result<HttpResponse, Error> {
    let document = call.made()?.documents.get(&call.segment("document")).ok_or(Fault::NoSuchPath)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(in_pieces(document.clone())))
}

/// `GET /docs/{file}`
async fn file(call: Call<Docs>) -> Result<HttpResponse, Error> {
    match call.segment("file").as_str() {
        "swagger-initializer.js" => {
            Ok(HttpResponse::Ok().content_type("text/javascript").body(call.made()?.initializer.clone()))
        }
        file => vendored(file),
    }
}

/// A file of Swagger UI, as the package has it.
fn vendored(file: &str) -> Result<HttpResponse, Error> {
    let known = FILES.iter().find(|known| **known == file).ok_or(Fault::NoSuchPath)?;
    let found = utoipa_swagger_ui::serve(known, Arc::new(utoipa_swagger_ui::Config::from("")));
    let file = found.ok().flatten().ok_or(Fault::NoSuchPath)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, format!("public, max-age={MAX_AGE}")))
        .content_type(file.content_type)
        .body(in_pieces(match file.bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => bytes.into(),
        })))
}

/// In pieces, so that a client that does not read keeps one of them in memory, not the file.
fn in_pieces(bytes: Bytes) -> impl MessageBody + 'static {
    let (length, mut rest) = (bytes.len() as u64, bytes);
    let pieces = stream::iter(std::iter::from_fn(move || {
        let piece = rest.split_to(rest.len().min(PIECE));
        (!piece.is_empty()).then_some(Ok::<_, Infallible>(piece))
    }));
    SizedStream::new(length, pieces)
}
