use ring::hkdf::{HKDF_SHA256, Salt};

use super::*;

fn master() -> Prk {
    Salt::new(HKDF_SHA256, b"test").extract(&[7; 32])
}

fn text(size: usize) -> Vec<u8> {
    (0..size).map(|index| b"confidential words "[index % 19]).collect()
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(&master(), Vec::new()).expect("sealer");
    // Pieces that meet no chunk's end.
    for piece in plain.chunks(10_007) {
        sealer.write_all(piece).expect("written");
    }
    let (file, size) = sealer.finish().expect("finished");
    assert_eq!(size, plain.len() as u64);
    file
}

fn open(bytes: &[u8]) -> io::Result<Sealed> {
    let mut file = tempfile::tempfile().expect("file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("rewound");
    Sealed::open(&master(), file)
}

fn read(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    open(bytes)?.read_to_end(&mut plain)?;
    Ok(plain)
}

const SIZES: [usize; 8] = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 17, 300_000];

#[test]
fn what_is_sealed_reads_back_and_shows_nothing() {
    for size in SIZES {
        let plain = text(size);
        let file = sealed(&plain);
        assert_eq!(open(&file).expect("opens").size(), size as u64);
        assert_eq!(read(&file).expect("reads"), plain, "{size}");
        assert!(!file.windows(12).any(|window| window == b"confidential"), "{size}: the words lie open");
    }
    assert_ne!(sealed(b"the same"), sealed(b"the same"), "each file has a key of its own");
}

#[test]
fn any_part_reads_without_what_is_before_it() {
    let plain = text(300_000);
    let mut file = open(&sealed(&plain)).expect("opens");
    for (from, length) in [(299_999, 1), (0, 10), (CHUNK - 3, 6), (131_072, 70_000), (5, 1)] {
        file.seek(SeekFrom::Start(from as u64)).expect("seek");
        let mut part = vec![0; length];
        file.read_exact(&mut part).expect("reads");
        assert_eq!(part, plain[from..from + length], "from {from}");
    }
}

#[test]
fn a_cut_is_noticed_wherever_it_is() {
    for size in SIZES {
        let file = sealed(&text(size));
        let chunk_ends = (1..).map(|count| 33 + count * (CHUNK + TAG)).take_while(|&end| end < file.len());
        for cut in chunk_ends.chain([0, 1, 32, 33, 33 + TAG - 1, file.len() - 1]) {
            assert!(read(&file[..cut.min(file.len() - 1)]).is_err(), "{size} bytes cut at {cut}");
        }
    }
}

#[test]
fn a_change_is_noticed_wherever_it_is() {
    let file = sealed(&text(2 * CHUNK + 17));
    for place in (0..file.len()).step_by(997).chain([0, 1, 33, file.len() - 1]) {
        let mut changed = file.clone();
        changed[place] ^= 1;
        assert!(read(&changed).is_err(), "byte {place}");
    }
    let (first, second) = (33, 33 + CHUNK + TAG);
    let mut swapped = file.clone();
    swapped[first..second].copy_from_slice(&file[second..second + CHUNK + TAG]);
    swapped[second..second + CHUNK + TAG].copy_from_slice(&file[first..second]);
    assert!(read(&swapped).is_err(), "chunks in another order");
    let mut longer = file.clone();
    longer.extend_from_slice(&file[second..]);
    assert!(read(&longer).is_err(), "something appended");
}

#[test]
fn another_key_opens_nothing() {
    let mut file = tempfile::tempfile().expect("file");
    file.write_all(&sealed(b"words")).expect("written");
    file.rewind().expect("rewound");
    let other = Salt::new(HKDF_SHA256, b"test").extract(&[8; 32]);
    assert!(Sealed::open(&other, file).expect("its shape is right").read_to_end(&mut Vec::new()).is_err());
}
