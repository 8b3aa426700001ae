use super::*;

fn made(json: &str) -> (MediaContent, Vec<u8>) {
    let mut media: MediaContent = serde_json::from_str(json).expect(json);
    let generated = media.generated.expect("generated");
    let made = Made::new(&mut media, generated).expect(json);
    let mut bytes = Vec::new();
    made.read().read_to_end(&mut bytes).expect("bytes");
    (media, bytes)
}

#[test]
fn pictures_can_be_opened_whatever_fills_them_up() {
    for json in [
        r#"{"kind":"image","generated":{}}"#,
        r#"{"kind":"image","generated":{"bytes":300000},"width":333,"height":77}"#,
        r#"{"kind":"image","mime":"image/png","generated":{"bytes":300000}}"#,
    ] {
        let (media, bytes) = made(json);
        let picture = image::load_from_memory(&bytes).expect(json);
        assert_eq!((picture.width(), picture.height()), (media.width.unwrap_or(WIDTH), media.height.unwrap_or(HEIGHT)));
        if let Some(Generated { bytes: Some(wanted), .. }) = media.generated {
            assert_eq!(bytes.len() as u64, wanted, "{json}");
        }
    }
    let (_, sticker) = made(r#"{"kind":"sticker","generated":{}}"#);
    assert_eq!(image::load_from_memory(&sticker).expect("WebP").width(), 512);
}

#[test]
fn no_seed_is_too_bright() {
    for seed in 0..200_u64 {
        picture(seed, 13, 9, false).expect("a picture");
    }
}

#[test]
fn one_seed_makes_one_file() {
    for kind in ["image", "voice", "document", "sticker", "video"] {
        let of = |seed: u32| made(&format!(r#"{{"kind":"{kind}","generated":{{"seed":{seed},"bytes":5000}}}}"#)).1;
        assert_eq!(of(7), of(7), "{kind}");
        assert_ne!(of(7), of(8), "{kind}");
    }
}

#[test]
fn a_voice_message_is_whole_pages_with_right_checksums() {
    for size in [0, 100_000] {
        let (media, bytes) = made(&format!(r#"{{"kind":"voice","seconds":7,"generated":{{"bytes":{size}}}}}"#));
        assert_eq!(media.mime, "audio/ogg; codecs=opus");
        assert!(bytes.len() >= size, "{} of {size}", bytes.len());
        let (mut rest, mut pages, mut position) = (bytes.as_slice(), 0_u32, 0);
        while !rest.is_empty() {
            assert_eq!(&rest[..4], b"OggS");
            let segments = usize::from(rest[26]);
            let length =
                27 + segments + rest[27..27 + segments].iter().map(|length| usize::from(*length)).sum::<usize>();
            let mut page = rest[..length].to_vec();
            let sum = u32::from_le_bytes(page[22..26].try_into().expect("four"));
            page[22..26].fill(0);
            assert_eq!(ogg::checksum(&page), sum, "page {pages}");
            assert_eq!(u32::from_le_bytes(page[18..22].try_into().expect("four")), pages);
            position = u64::from_le_bytes(page[6..14].try_into().expect("eight"));
            pages += 1;
            rest = &rest[length..];
        }
        assert_eq!(position, 7 * 48_000);
    }
}

#[test]
fn a_pdf_names_where_its_objects_are() {
    for size in [0, 50_000] {
        let (media, bytes) = made(&format!(r#"{{"kind":"document","generated":{{"bytes":{size}}}}}"#));
        assert_eq!((media.mime.as_str(), media.file_name.as_deref()), ("application/pdf", Some("document.pdf")));
        assert!(bytes.len() >= size);
        let text = String::from_utf8(bytes).expect("text");
        let table: usize = text.lines().rev().nth(1).expect("startxref").parse().expect("a position");
        assert!(text[table..].starts_with("xref\n"), "{size}");
        let first: usize = text[table..].lines().nth(3).expect("a line")[..10].parse().expect("a position");
        assert!(text[first..].starts_with("1 0 obj"), "{size}");
    }
    let (_, bytes) = made(r#"{"kind":"document","mime":"application/zip","generated":{"bytes":1000}}"#);
    assert_eq!(bytes.len(), 1000);
}

#[test]
fn too_much_is_refused() {
    for json in [
        r#"{"kind":"image","width":0,"generated":{}}"#,
        r#"{"kind":"image","height":100000,"generated":{}}"#,
        r#"{"kind":"document","generated":{"bytes":99999999999}}"#,
    ] {
        let mut media: MediaContent = serde_json::from_str(json).expect(json);
        let generated = media.generated.expect("generated");
        assert!(Made::new(&mut media, generated).is_err(), "{json}");
    }
}
