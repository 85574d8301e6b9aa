//! What export writes import reads: of every dialect, in both formats, on both databases.

use roster_testkit::TestDatabase;

use super::house::House;

/// Users who are there from the beginning, whose hashes are each store's own.
const DEMONSTRATION: [&str; 2] = ["\"admin\"", "\"member\""];

const ENTERPRISE: &str = r#"{"nick_name":"=ada","password":"long enough","enterprise_id":"demo","email":"Ada@x.org","phone":"+861","is_active":false,"origion":"-there"}
{"nick_name":"\"bob\", 's","password":"long enough","enterprise_id":"other"}
"#;

const DEVICE: &str = r#"{"user_id":7,"name":"=1+1","type":2,"avatar":"/9j/AAAA","feature":"@f\n","ic_number":"+1","id_number":"'-2","job_number":"007","guest_time_start":5,"guest_time_end":6,"groups":[2,1],"is_admin":true,"remark":"a,\"b\"\r\nc; 名"}
{"user_id":3,"name":"'s Gravenhage","avatar":"AAAA"}
{"user_id":9,"name":"null","feature":"true","remark":" x "}
"#;

const CIAM: &str = r#"{"user_name":"zoe","name":"-张三","mobile":"15200000001","email":"zoe@x.org","pwd":"Str0ng-pass-phrase","pwd_must_modify":false,"attr_birthday":"2000-02-29","mailing_address":"=1,\n2","extension":{"age":"+7"},"head_img":"data:image/png;base64,AAAA","disabled":true}
{"user_name":"ann","external_id":"'=x"}
"#;

const IOT: &str = r#"{"username":"zoe","password":"password","email":"zoe@x.org","role":"AREA","area":["59e4798cc915d92da081f1f9","59dc8f8c16bbb720b82f67e3"],"status":"pending"}
{"username":"=sys","password":"password","email":"sys@x.org","role":"SYSTEM"}
"#;

fn round_trip(dialect: &[&str], lines: &str) {
    let count = lines.lines().count();
    for backend in TestDatabase::each().iter().map(|database| database.url().backend()) {
        let first = House::on(TestDatabase::of(backend).unwrap());
        let told = first.import_text(dialect, "users.jsonl", lines);
        assert!(told.contains(&format!("{count} lines: {count} created")), "{told}");
        let everything = [dialect, &["--with-password-hashes", "--with-pictures"]].concat();
        let exported =
            |house: &House, format: &str| house.export(&[&everything[..], &["--format", format]].concat());
        for format in ["csv", "jsonl"] {
            let second = House::on(TestDatabase::of(backend).unwrap());
            let text = exported(&first, format);
            let told = second.import_text(dialect, &format!("users.{format}"), &text);
            assert!(told.contains(&format!(" {count} created")) && told.contains(" 0 refused"), "{told}");
            // The ids and the order are each store's own, where the caller does not give them.
            let all = |house: &House| {
                let text = exported(house, "jsonl");
                let own = text.lines().filter(|line| !DEMONSTRATION.iter().any(|name| line.contains(name)));
                let mut all: Vec<String> = own.map(str::to_owned).collect();
                all.sort_unstable();
                all
            };
            assert_eq!(all(&second), all(&first), "{format}");
            assert_eq!(all(&second).len(), count);
            let told = second.import_text(dialect, &format!("again.{format}"), &text);
            assert!(told.contains(" 0 created, 0 replaced, ") && told.contains(" 0 refused"), "{told}");
        }
    }
}

#[test]
fn enterprise_users() {
    round_trip(&["enterprise-users"], ENTERPRISE);
}

#[test]
fn device_users() {
    round_trip(&["device-users"], DEVICE);
}

#[test]
fn tenant_ciam() {
    round_trip(&["tenant-ciam", "--tenant", "demo"], CIAM);
}

#[test]
fn iot_roles() {
    round_trip(&["iot-roles"], IOT);
}

/// Without being asked for, neither hashes nor pictures leave the store.
#[test]
fn secrets_stay_unless_asked_for() {
    let house = House::on(TestDatabase::sqlite());
    house.import_text(&["device-users"], "users.jsonl", DEVICE);
    house.import_text(&["tenant-ciam", "--tenant", "demo"], "users.jsonl", CIAM);
    for format in ["csv", "jsonl"] {
        let mut all = house.export(&["device-users", "--format", format]);
        all += &house.export(&["tenant-ciam", "--tenant", "demo", "--format", format]);
        all += &house.export(&["enterprise-users", "--format", format]);
        all += &house.export(&["iot-roles", "--format", format]);
        assert!(all.contains("zoe@x.org") && all.contains("admin"), "{all}");
        for secret in ["argon2", "password_hash", "/9j/AAAA", "head_img", "base64"] {
            assert!(!all.contains(secret), "{secret}: {all}");
        }
    }
}

/// A file is there when it is whole, and nobody else may read it.
#[test]
fn a_file_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let house = House::on(TestDatabase::sqlite());
    house.import_text(&["device-users"], "users.jsonl", DEVICE);
    let path = house.path("out.csv");
    let text = house.export(&["device-users", "-o", path.to_str().unwrap()]);
    assert_eq!(text, "");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let table = std::fs::read_to_string(&path).unwrap();
    assert!(table.starts_with("user_id,name,type,feature,ic_number,"), "{table}");
    assert!(table.contains("\n7,'=1+1,2,\"'@f\n\",'+1,''-2,007,"), "{table}");
}
