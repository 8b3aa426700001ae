//! Files that only their owner may read, and that nobody can trick us into following elsewhere.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

/// `O_NOFOLLOW`, which the standard library does not name.
#[cfg(all(unix, any(target_os = "linux", target_os = "android")))]
const NO_FOLLOW: i32 = if cfg!(any(target_arch = "aarch64", target_arch = "arm")) { 0o100_000 } else { 0o400_000 };
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const NO_FOLLOW: i32 = 0x0100;

/// Makes a folder for this person only, or makes an existing one so.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path)?;
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder (or a link to one)"));
    }
    #[cfg(unix)]
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Creates a file that must not exist, 0600.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600).custom_flags(NO_FOLLOW);
    options.open(path)
}

/// Makes an empty file, 0600, where there is none: whoever opens it next would make it readable for others.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Opens a file to be locked, making it when there is none.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    options.mode(0o600).custom_flags(NO_FOLLOW);
    options.open(path)
}

/// Opens a file for reading if it is a plain file that nobody else may read.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    options.custom_flags(NO_FOLLOW);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
    }
    #[cfg(unix)]
    if metadata.mode() & 0o077 != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others may read it; make it 0600"));
    }
    Ok(file)
}

/// Writes a file as a whole, 0600. A link or a foreign thing in its place is an error, not a target.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Ok(metadata) = fs::symlink_metadata(path)
        && !metadata.is_file()
    {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{} is not a plain file", path.display())));
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    let temporary = Path::new(&temporary);
    match fs::symlink_metadata(temporary) {
        // Left over from a start that was cut short.
        Ok(metadata) if metadata.is_file() => fs::remove_file(temporary)?,
        Ok(_) => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{} is not a plain file", temporary.display()),
            ));
        }
        Err(_) => {}
    }
    let mut file = create_private(temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn t11_a_planted_link_is_an_error() {
        let folder = tempfile::tempdir().expect("folder");
        let target = folder.path().join("target");
        fs::write(&target, "precious").expect("target");
        for name in ["token", "token.new"] {
            let link = folder.path().join(name);
            std::os::unix::fs::symlink(&target, &link).expect("link");
            assert!(write_private(&folder.path().join("token"), b"secret").is_err(), "{name}");
            fs::remove_file(link).expect("remove");
        }
        assert_eq!(fs::read_to_string(&target).expect("read"), "precious");
        std::os::unix::fs::symlink(&target, folder.path().join("key")).expect("link");
        assert!(open_private(&folder.path().join("key")).is_err(), "a link is not followed for reading either");
    }

    #[test]
    fn t09_files_are_for_their_owner_only() {
        let folder = tempfile::tempdir().expect("folder");
        let data = folder.path().join("data");
        private_folder(&data).expect("made");
        write_private(&data.join("token"), b"secret").expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("metadata").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join("token"))), (0o700, 0o600));
        fs::set_permissions(data.join("token"), fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(open_private(&data.join("token")).is_err(), "a file that others can read is no secret");
    }
}
