//! The routes, for actix-web: those of each subject.

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use roster_web::{Mounted, Routes};

use crate::error::Error;
use crate::service::EnterpriseUsers;
use crate::{administrators, passwords, users};

/// Mounts the dialect under `/openapi/v1`.
pub fn routes(service: Arc<EnterpriseUsers>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config.service(all().of(Data::from(service)));
    }
}

/// Every path that [`routes`] mounts, with its methods.
pub fn mounted() -> Vec<Mounted> {
    all().mounted()
}

pub(crate) fn all() -> Routes<EnterpriseUsers, Error> {
    let subjects = [users::http::routes(), passwords::http::routes(), administrators::http::routes()];
    Routes::new("/openapi/v1", subjects.into_iter().flatten().collect())
}
