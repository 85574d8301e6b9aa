//! The README's lines, pasted into a shell: each `sh` block with a `curl` is run as it stands (but
//! for the port), and answers the `json` block behind it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The line to paste, and the answer that the page shows.
fn examples(page: &str) -> Vec<(String, Value)> {
    let blocks: Vec<(&str, &str)> =
        page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap()).collect();
    let mut examples = Vec::new();
    for pair in blocks.windows(2) {
        if let [("sh", line), ("json", answer)] = pair {
            examples.push(((*line).to_owned(), serde_json::from_str(answer).unwrap()));
        }
    }
    examples
}

/// Whether `got` has the shape of `shown`, and its values where they do not change from run to run:
/// a text that the page cuts short with `…` and a number that is a time are only of their type.
fn matches(shown: &Value, got: &Value) -> bool {
    match (shown, got) {
        (Value::Object(shown), Value::Object(got)) => {
            shown.keys().eq(got.keys()) && shown.iter().all(|(key, value)| matches(value, &got[key]))
        }
        // A list that the page leaves out.
        (Value::Array(shown), Value::Array(got)) if *shown == ["…"] => !got.is_empty(),
        (Value::Array(shown), Value::Array(got)) => {
            shown.len() == got.len() && shown.iter().zip(got).all(|(shown, got)| matches(shown, got))
        }
        (Value::String(shown), Value::String(got)) if shown.ends_with('…') => !got.is_empty(),
        (Value::Number(shown), Value::Number(got)) if shown.as_i64() > Some(1_000_000_000) => {
            got.as_i64() > Some(1_000_000_000)
        }
        (shown, got) => shown == got,
    }
}

fn check(page: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_roster"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(gateway.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let examples = examples(&text);
    let outcomes: Vec<(String, Value, String)> = examples
        .into_iter()
        .map(|(line, shown)| {
            let here = line.replace("http://127.0.0.1:8080", &base);
            let output = Command::new("sh").args(["-c", &here]).current_dir(&root).output().unwrap();
            (line, shown, String::from_utf8(output.stdout).unwrap())
        })
        .collect();
    // Asked to end, not killed, so that it takes its throw-away store with it.
    let asked = Command::new("kill").args(["-TERM", &gateway.id().to_string()]).status().unwrap();
    assert!(asked.success() && gateway.wait().unwrap().success());
    assert!(outcomes.len() >= 5, "{page} has a line for each seed");
    for (line, shown, got) in outcomes {
        let got: Value = serde_json::from_str(&got).unwrap_or_else(|error| panic!("{line}: {error}: {got}"));
        assert!(matches(&shown, &got), "{page}: {line}\nshows {shown}\ngot   {got}");
    }
}

#[test]
fn the_english_page_tells_the_truth() {
    check("README.md");
}

#[test]
fn the_chinese_page_tells_the_truth() {
    check("README.zh.md");
}
