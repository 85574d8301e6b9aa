//! Whether what a user may do costs the same in every tree.

use std::time::Duration;

use diesel::{QueryResult, RunQueryDsl as _};
use roster_auth::HashingConfig;
use roster_iot_roles::validate::UserDraft;
use roster_iot_roles::{Domain, Named, NewSiteType, ObjectId, Role, SiteType, SystemAdministrator};
use roster_persistence::AnyConn;

use crate::house::Services;
use crate::measure::{Effort, median};
use crate::table::{Figure, Table, Target};

/// What a large tree may cost, of what a small one does.
const LIMIT: f64 = 3.0;
/// How deep the chains of sites are.
const DEEP: u32 = 20;
/// The number of the first site; an object's id is its number.
const FIRST: u32 = 1_000_000;
/// How many areas a user has.
const AREAS: u32 = 50;

/// A tree of 1,000 sites beside one of 100,000.
pub(crate) async fn trees(effort: Effort, table: &mut Table) {
    let small = Tree::of(1_000).await.measured(effort).await;
    let large = Tree::of(100_000).await.measured(effort).await;
    let works = ["create of an AREA user with 50 areas", "whether an object lies within 50 areas"];
    for (work, (small, large)) in works.into_iter().zip(small.into_iter().zip(large)) {
        let (small, large) = (Figure::Time(small), Figure::Time(large));
        table.bound(&format!("IoT, 1,000 sites: {work}"), small);
        table.row(&format!("IoT, 100,000 sites: {work}"), large, small, Target::AtMost(LIMIT));
    }
}

struct Tree {
    services: Services,
    by: SystemAdministrator,
    sites: u32,
}

impl Tree {
    async fn of(sites: u32) -> Self {
        // A hash at full cost would hide what the tree costs.
        let services = Services::on_sqlite(HashingConfig::cheapest());
        let by = SystemAdministrator::trusted("benchmark");
        let service = &services.dialects.iot_roles;
        let domain = Domain { id: id(1), name: "bench".into() };
        service.ensure_domain(&by, domain).await.expect("a domain");
        let site_type =
            SiteType { id: id(2), name: "T".into(), description: None, att_definition: Named::new() };
        let new = NewSiteType { domain_id: id(1), site_type };
        service.ensure_site_type(&by, new).await.expect("a site type");
        let filled = services.house.db.bookkeep(move |conn| Ok(fill(conn, sites)?));
        filled.await.expect("sites");
        Self { services, by, sites }
    }

    async fn measured(&self, effort: Effort) -> [Duration; 2] {
        let service = &self.services.dialects.iot_roles;
        // Each in a chain of its own, all over the tree.
        let area = |n: u32| id(FIRST + n * (self.sites / AREAS / DEEP) * DEEP + DEEP / 2);
        let areas: Vec<Option<String>> = (0..AREAS).map(|n| Some(area(n).to_string())).collect();
        let create = |name: String| {
            let draft = UserDraft {
                username: name,
                password: "password".into(),
                email: "a@example.com".into(),
                role: Some(Role::Area),
                area: areas.clone(),
            };
            async { service.create(&self.by, draft).await.expect("a user") }
        };
        let user = create("asked".into()).await;
        let created = median(effort.rounds(200), |round| {
            let made = create(format!("user {round}"));
            async { drop(made.await) }
        });
        let created = created.await;
        let asked = median(effort.rounds(2_000), |round| {
            // A leaf below an area, then one outside of all.
            let chain = round as u32 % AREAS * (self.sites / AREAS / DEEP) * DEEP;
            let (leaf, inside) = if round % 2 == 0 { (DEEP - 1, true) } else { (0, false) };
            let leaf = id(FIRST + chain + leaf);
            let user = &user.id;
            async move {
                let lies = service.lies_within(user, leaf.as_str()).await.expect("answers");
                assert_eq!(lies, inside, "{leaf}");
            }
        });
        [created, asked.await]
    }
}

fn id(number: u32) -> ObjectId {
    ObjectId::parse(&format!("{number:024x}")).expect("24 hex digits")
}

/// Chains of sites, straight into the tables: what the store would write one by one.
fn fill(conn: &mut AnyConn, sites: u32) -> QueryResult<()> {
    let numbers =
        format!("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {sites} - 1)");
    let id = |number: &str| format!("printf('%024x', {number})");
    let (domain, kind) = (id("1"), id("2"));
    let (site, outer) = (id(&format!("{FIRST} + i")), id(&format!("{FIRST} + i - 1")));
    let top = format!("i % {DEEP} = 0");
    let statements = [
        format!(
            "{numbers} INSERT INTO iot_objects \
             (id, domain_id, parent_id, location_id, type_id, name, attributes, kind) \
             SELECT {site}, {domain}, CASE WHEN {top} THEN NULL ELSE {outer} END, \
             CASE WHEN {top} THEN {domain} ELSE {outer} END, {kind}, i, '{{}}', 'site' FROM n"
        ),
        format!(
            "{numbers} INSERT INTO iot_location_ancestors (ancestor_id, descendant_id, depth) \
             SELECT {domain}, {site}, i % {DEEP} + 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO iot_location_ancestors (ancestor_id, descendant_id, depth) \
             SELECT {}, {site}, up.i FROM n JOIN (SELECT i FROM n LIMIT {DEEP}) AS up ON up.i <= n.i % {DEEP}",
            id(&format!("{FIRST} + n.i - up.i"))
        )
        .replace(&site, &id(&format!("{FIRST} + n.i"))),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        diesel::sql_query(statement).execute(conn)?;
    }
    Ok(())
}
