fn main() {
    use std::io::Write as _;
    let doc = ownline_server::router::openapi().to_pretty_json().expect("json");
    let _ = std::io::stdout().write_all(doc.as_bytes());
}
