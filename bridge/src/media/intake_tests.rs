use std::io::{Cursor, Read as _};

use image::{ImageFormat, Rgb, RgbImage};
use ring::hkdf::{HKDF_SHA256, Salt};

use super::*;

struct Desk {
    folder: MediaFolder,
    data: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let data = tempfile::tempdir().expect("folder");
        let folder = MediaFolder::open(data.path(), Salt::new(HKDF_SHA256, b"").extract(b"key")).expect("media");
        Self { folder, data }
    }

    fn pour(
        &self,
        meant: &Meant,
        pieces: impl IntoIterator<Item = Piece>,
    ) -> Result<(UploadedMedia, Held), IntakeError> {
        let (sender, receiver) = mpsc::channel(4);
        std::thread::scope(|scope| {
            let taking = scope.spawn(|| take(&self.folder, receiver, meant));
            for piece in pieces {
                // Whoever does not want more stops listening.
                if sender.blocking_send(piece).is_err() {
                    break;
                }
            }
            drop(sender);
            taking.join().expect("no panic")
        })
    }

    fn hand_over(&self, meant: &Meant, bytes: &[u8]) -> Result<(UploadedMedia, Held), IntakeError> {
        let pieces = bytes.chunks(70_000).map(|chunk| Piece::Bytes(Bytes::copy_from_slice(chunk)));
        self.pour(meant, pieces.chain([Piece::End]))
    }

    fn read(&self, held: &Held) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.folder.read(&held.name).expect("opens").read_to_end(&mut bytes).expect("reads");
        bytes
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(self.data.path().join("media")).expect("folder").count() == 0
    }
}

fn named(name: &str) -> Meant {
    Meant { name: Some(name.to_owned()), ..Meant::default() }
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb([9, 9, 200])).write_to(&mut file, format).expect("written");
    file.into_inner()
}

#[test]
fn a_picture_is_known_whatever_its_name() {
    let desk = Desk::new();
    let bytes = picture(640, 480, ImageFormat::Png);
    let (media, held) = desk.hand_over(&named("report.pdf"), &bytes).expect("taken");
    let file = media.attachment;
    assert_eq!((media.kind, file.mime.as_str()), (MessageKind::Image, "image/png"));
    assert_eq!((file.width, file.height, file.size), (Some(640), Some(480), bytes.len() as u64));
    assert!(file.thumbnail.is_some() && file.file_name.is_none());
    assert_eq!(file.sha256, Some(hex::encode(Sha256::digest(&bytes))));
    assert_eq!(desk.read(&held), bytes);
}

#[test]
fn documents_keep_their_name_without_its_folders() {
    let desk = Desk::new();
    let (media, _) = desk.hand_over(&named("../../offer.csv"), b"a;b\n").expect("taken");
    assert_eq!((media.kind, media.attachment.mime.as_str()), (MessageKind::Document, "text/csv"));
    assert_eq!(media.attachment.file_name.as_deref(), Some("offer.csv"));
    let as_document = Meant { document: true, ..named("photo.png") };
    let (media, _) = desk.hand_over(&as_document, &picture(20, 20, ImageFormat::Png)).expect("taken");
    assert_eq!((media.kind, media.attachment.mime.as_str()), (MessageKind::Document, "image/png"));
}

#[test]
fn stickers_are_known_by_their_form() {
    let desk = Desk::new();
    let (media, _) = desk.hand_over(&named("a.webp"), &picture(512, 512, ImageFormat::WebP)).expect("taken");
    assert_eq!((media.kind, media.attachment.file_name), (MessageKind::Sticker, None));
    let (media, _) = desk.hand_over(&named("b.webp"), &picture(512, 100, ImageFormat::WebP)).expect("taken");
    assert_eq!((media.kind, media.attachment.file_name.as_deref()), (MessageKind::Document, Some("b.webp")));
}

#[test]
fn what_is_too_large_stops_while_it_comes() {
    let desk = Desk::new();
    let mut sent = 0_u64;
    let endless = std::iter::from_fn(|| {
        let first = sent == 0;
        sent += 1 << 20;
        let mut bytes = vec![0; 1 << 20];
        if first {
            bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
        }
        Some(Piece::Bytes(bytes.into()))
    });
    let refused = desk.pour(&Meant::default(), endless);
    assert!(matches!(refused, Err(IntakeError::TooLarge(limits::IMAGE_MAX_BYTES))));
    assert!(sent < limits::IMAGE_MAX_BYTES + (12 << 20), "{sent} bytes were taken");
    assert!(desk.is_empty(), "nothing is left of it");
}

#[test]
fn what_breaks_off_or_is_empty_leaves_nothing() {
    let desk = Desk::new();
    let half = [Piece::Bytes(Bytes::from_static(b"half of a"))];
    assert!(matches!(desk.pour(&Meant::default(), half), Err(IntakeError::BrokenOff)));
    assert!(matches!(desk.hand_over(&Meant::default(), b""), Err(IntakeError::Empty)));
    let broken = &picture(50, 50, ImageFormat::Png)[..60];
    let refused = desk.hand_over(&Meant::default(), broken).expect_err("half a picture");
    assert_eq!(Problem::from(refused).code, ProblemCode::MediaUnreadable);
    let as_voice = Meant { voice: true, ..Meant::default() };
    let refused = desk.hand_over(&as_voice, b"no sound at all").expect_err("no recording");
    assert_eq!(Problem::from(refused).code, ProblemCode::MediaUnreadable);
    assert!(desk.is_empty());
}

#[test]
fn a_recording_becomes_a_voice_note() {
    let desk = Desk::new();
    let samples: Vec<u8> = (0..16_000_i32).flat_map(|i| (((i % 80) * 300 - 12_000) as i16).to_le_bytes()).collect();
    let meant = Meant { voice: true, rate: Some(16_000), ..Meant::default() };
    let (media, held) = desk.hand_over(&meant, &samples).expect("taken");
    let file = media.attachment;
    assert_eq!((media.kind, file.mime.as_str(), file.seconds), (MessageKind::Voice, sniff::VOICE, Some(1)));
    assert_eq!(file.waveform.len(), ownline_model::details::WAVEFORM_BARS);
    let note = desk.read(&held);
    assert!(voice::is_opus(&note));
    assert_eq!(file.sha256, Some(hex::encode(Sha256::digest(&note))));
    assert_eq!(std::fs::read_dir(desk.data.path().join("media")).expect("folder").count(), 1, "the recording is gone");
}

#[test]
fn a_full_disk_is_named() {
    let full = IntakeError::Io(io::ErrorKind::StorageFull.into());
    assert_eq!(Problem::from(full).code, ProblemCode::DiskFull);
}
