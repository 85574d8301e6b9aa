//! The objects of the documentation's examples: what a demonstration puts into an empty store, so
//! that the examples work as they stand.

use crate::domain::{AttType, DataType, DataValue, Domain, Named, NewSite, NewSiteType, ObjectId, SiteType};

/// A domain, a site type of it, and three sites of that type side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Objects {
    /// `demo`.
    pub domain: Domain,
    /// 共享单车, shared bicycles.
    pub site_type: NewSiteType,
    /// `001`, which the documentation shows in an answer; `002` and `003`, whose ids it shows in a
    /// request.
    pub sites: Vec<NewSite>,
}

/// The objects. Made in the order domain, site type, sites.
///
/// # Panics
/// Never: the ids are literals.
pub fn objects() -> Objects {
    let domain_id = id("5caa9b2addd50a20164a4cd6");
    let site_type_id = id("5caa9b4cddd50a20164a4cd7");
    let attribute = |description: &str| AttType {
        data_type: DataType::String { min: Some(0), max: Some(255) },
        optional: true,
        description: Some(description.to_owned()),
    };
    let att_definition = Named::from([
        ("city".to_owned(), attribute("共享单车所属城市")),
        ("model".to_owned(), attribute("共享单车的型号")),
        ("sn".to_owned(), attribute("共享单车的序列号")),
    ]);
    let site = |site_id: &str, name: &str, sn: &str| NewSite {
        id: id(site_id),
        name: name.to_owned(),
        parent_id: None,
        site_type_id: site_type_id.clone(),
        attributes: Named::from([
            ("city".to_owned(), DataValue::text("北京")),
            ("model".to_owned(), DataValue::text("b001")),
            ("sn".to_owned(), DataValue::text(sn)),
        ]),
    };
    let sites = vec![
        site("5caa9b7dddd50a20164a4cd8", "001", "0001"),
        site("59dc8f8c16bbb720b82f67e3", "002", "0002"),
        site("59e4798cc915d92da081f1f9", "003", "0003"),
    ];
    let description = "企业在校园、地铁站点、公交站点、居民区等提供自行车单车共享服务。";
    let site_type = SiteType {
        id: site_type_id.clone(),
        name: "共享单车".to_owned(),
        description: Some(description.to_owned()),
        att_definition,
    };
    Objects {
        domain: Domain { id: domain_id.clone(), name: "demo".to_owned() },
        site_type: NewSiteType { domain_id, site_type },
        sites,
    }
}

fn id(text: &str) -> ObjectId {
    ObjectId::parse(text).expect("24 hex digits")
}
