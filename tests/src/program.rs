//! A program under test: started, awaited by its ready line, stopped, killed, started again.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

const READY_WITHIN: Duration = Duration::from_mins(1);
/// The programs promise 5 s; a busy machine gets more.
const END_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Program {
    name: &'static str,
    args: Vec<String>,
    envs: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
    /// The ready line of the latest start.
    pub ready: Value,
}

/// What a program occupies, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Its own, and its share of what it shares (PSS).
    pub share: u64,
    /// All that is in memory, however shared (RSS).
    pub resident: u64,
    /// The most that was ever in memory (peak RSS).
    pub highest: u64,
}

/// Where Cargo put the programs: beside this one, or one folder up from a test binary.
pub fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("the program's own folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let path = folder.join(name);
    ensure!(path.exists(), "{} is not built: run `make test`, or build the workspace's binaries first", path.display());
    Ok(path)
}

impl Program {
    /// Starts the program and waits for its ready line. `log` collects what it writes to standard error.
    pub async fn start(
        name: &'static str,
        args: Vec<String>,
        envs: Vec<(String, String)>,
        log: PathBuf,
    ) -> Result<Self> {
        let mut program = Self { name, args, envs, log, child: None, ready: Value::Null };
        program.start_again().await?;
        Ok(program)
    }

    /// Starts it once more with the same command line.
    pub async fn start_again(&mut self) -> Result<()> {
        self.start_again_with(&[]).await
    }

    /// Starts it once more, with something more in its environment.
    pub async fn start_again_with(&mut self, envs: &[(&str, &str)]) -> Result<()> {
        ensure!(self.child.is_none(), "{} runs already", self.name);
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut child = Command::new(binary(self.name)?)
            .args(&self.args)
            .envs(self.envs.iter().cloned())
            .envs(envs.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", self.name))?;
        let stdout = child.stdout.take().context("standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(READY_WITHIN, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            let _ = child.kill().await;
            bail!("{} did not become ready:\n{}", self.name, self.log_tail());
        };
        self.ready = serde_json::from_str(&line).with_context(|| format!("the ready line of {}: {line}", self.name))?;
        self.child = Some(child);
        Ok(())
    }

    pub fn replace_args(&mut self, args: Vec<String>) {
        self.args = args;
    }

    /// A text of the ready line.
    pub fn ready_text(&self, key: &str) -> Result<String> {
        self.ready[key]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("{key} in the ready line of {}: {}", self.name, self.ready))
    }

    /// Ends it politely and checks that it ended well.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        signal(&child, "TERM").await?;
        let status = tokio::time::timeout(END_WITHIN, child.wait())
            .await
            .with_context(|| format!("{} did not end after SIGTERM:\n{}", self.name, self.log_tail()))??;
        ensure!(status.success(), "{} ended with {status}:\n{}", self.name, self.log_tail());
        Ok(())
    }

    /// Whether it ends without being asked, within the time.
    pub async fn ends_by_itself(&mut self, within: Duration) -> Result<bool> {
        let Some(child) = &mut self.child else { return Ok(true) };
        match tokio::time::timeout(within, child.wait()).await {
            Ok(status) => {
                status?;
                self.child = None;
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }

    /// As when the lid is closed: it stays in memory and gets no time.
    pub async fn sleep(&self) -> Result<()> {
        signal(self.child.as_ref().context("the program does not run")?, "STOP").await
    }

    pub async fn wake(&self) -> Result<()> {
        signal(self.child.as_ref().context("the program does not run")?, "CONT").await
    }

    /// Pulls the plug.
    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        Ok(())
    }

    /// Memory that is this program's own or its share of what it shares (PSS), in bytes.
    pub fn memory(&self) -> Result<u64> {
        self.kilobytes("smaps_rollup", "Pss:").map(|kilobytes| kilobytes * 1024)
    }

    pub fn memory_in_full(&self) -> Result<Memory> {
        Ok(Memory {
            share: self.memory()?,
            resident: self.kilobytes("status", "VmRSS:")? * 1024,
            highest: self.kilobytes("status", "VmHWM:")? * 1024,
        })
    }

    fn kilobytes(&self, file: &str, name: &str) -> Result<u64> {
        let id = self.child.as_ref().and_then(Child::id).context("the program does not run")?;
        let text = std::fs::read_to_string(format!("/proc/{id}/{file}"))?;
        let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("{name} in {file}"))?;
        Ok(line.split_whitespace().nth(1).context("a figure")?.parse()?)
    }

    /// The processor's time that it has used so far, in steps of ten milliseconds.
    pub fn cpu(&self) -> Result<Duration> {
        let id = self.child.as_ref().and_then(Child::id).context("the program does not run")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The name, in parentheses, may hold anything; user and system time are the 12th and 13th field behind it.
        let (_, fields) = stat.rsplit_once(')').context("a name in stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(10) * ticks.sum::<Result<u64, _>>()? as u32)
    }

    /// The lines of its log that name something.
    pub fn log_of(&self, name: &str) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().filter(|line| line.contains(name)).map(str::to_owned).collect()
    }

    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// Sends a signal by name. The standard library cannot, and one `kill` is not worth a dependency.
async fn signal(child: &Child, name: &str) -> Result<()> {
    let id = child.id().context("the program has ended already")?;
    let status = Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status().await?;
    ensure!(status.success(), "kill -{name} {id}: {status}");
    Ok(())
}

/// How a program that is expected to end by itself ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a program to its end, with `input` on its standard input.
pub async fn run(name: &str, args: &[&str], input: &str) -> Result<Ended> {
    let mut child = Command::new(binary(name)?)
        .args(args)
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that refuses its command line may be gone before it reads.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let (mut out, mut err) = (child.stdout.take().context("stdout")?, child.stderr.take().context("stderr")?);
    let (mut stdout, mut stderr) = (String::new(), String::new());
    let finished = tokio::time::timeout(READY_WITHIN, async {
        let (_, _, status) =
            tokio::try_join!(out.read_to_string(&mut stdout), err.read_to_string(&mut stderr), child.wait())?;
        anyhow::Ok(status)
    });
    let status = finished.await.with_context(|| format!("{name} {args:?} did not end by itself"))??;
    Ok(Ended { code: status.code(), stdout, stderr })
}
