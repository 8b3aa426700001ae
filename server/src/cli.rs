//! The command line.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use ownline_model::{account::NewAgent, agent::Role};
use ownline_web::program;
use serde_json::json;

use crate::{
    accounts::AgentOrEnrolment,
    app::App,
    clock::Clock,
    config::{Config, File},
    desk::Refusal,
    lifecycle::Server,
    router,
};

/// Ownline's central server: the team's shared desk of contacts, conversations and tickets.
///
/// Start it, make the first admin, enrol your agents:
///
///   ownline-server --data /var/lib/ownline --listen 127.0.0.1:7600
///   ownline-server --data /var/lib/ownline admin create --email you@example.org --name You
///   ownline-server --data /var/lib/ownline agent create --email ana@example.org --name Ana
///
/// The last one prints a code; Ana types it into her Ownline app together with the server's address. Agents need HTTPS:
/// put a reverse proxy in front and add --behind-proxy. Everything lives in the data folder; keep its server.key private.
#[derive(Debug, Parser)]
#[command(name = "ownline-server", version, verbatim_doc_comment, subcommand_negates_reqs = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Settings {
    /// Address and port to serve on; port 0 takes any free one [default: 127.0.0.1:7600]
    #[arg(long, global = true, env = "OWNLINE_LISTEN", value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the database and the server's key [default: ./ownline-data]
    #[arg(long, global = true, env = "OWNLINE_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Settings file (TOML): listen, data, access_ttl, refresh_ttl, behind_proxy
    #[arg(long, global = true, env = "OWNLINE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Seconds that an access token lasts [default: 600]
    #[arg(long, global = true, env = "OWNLINE_ACCESS_TTL", value_name = "SECONDS")]
    access_ttl: Option<u32>,
    /// Seconds that a sign-in lasts without use [default: 2592000]
    #[arg(long, global = true, env = "OWNLINE_REFRESH_TTL", value_name = "SECONDS")]
    refresh_ttl: Option<u32>,
    /// Take the caller's address from the last X-Forwarded-For: only behind a proxy that sets it
    #[arg(long, global = true, env = "OWNLINE_BEHIND_PROXY")]
    behind_proxy: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Admins: enrol people and set policy
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// Agents and supervisors
    Agent {
        #[command(subcommand)]
        command: AgentCommand,
    },
    /// Print the OpenAPI document of the API
    Openapi,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Add an admin; with --password-stdin they can sign in at once, else an enrolment code is printed
    Create(Person),
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Add a person; with --password-stdin they can sign in at once, else an enrolment code is printed
    Create {
        #[command(flatten)]
        person: Person,
        #[arg(long, value_enum, default_value_t = RoleName::Agent)]
        role: RoleName,
    },
}

#[derive(Debug, Args)]
struct Person {
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: String,
    /// Read the password (at least 10 characters) from standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    Agent,
    Supervisor,
    Admin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Agent => Self::Agent,
            RoleName::Supervisor => Self::Supervisor,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// Wrong usage or settings: exit code 2. Anything else: 1.
enum Failure {
    Usage(String),
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Problem(problem) => {
                let words = problem.detail.as_deref().unwrap_or(&problem.title);
                Self::Usage(format!("{}: {words}", problem.code.as_str()))
            }
            Refusal::Store(error) => Self::Other(error.into()),
        }
    }
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> ExitCode {
    let failure = match execute(cli).await {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure) => failure,
    };
    let (code, words) = match failure {
        Failure::Usage(words) => (program::EXIT_USAGE, words),
        Failure::Other(error) => (1, format!("{error:#}")),
    };
    let _ = writeln!(std::io::stderr(), "ownline-server: {words}");
    ExitCode::from(code)
}

async fn execute(cli: Cli) -> Result<(), Failure> {
    let config = settle(cli.settings)?;
    match cli.command {
        None => serve(&config).await,
        Some(Command::Openapi) => {
            let document = router::openapi().to_pretty_json().map_err(anyhow::Error::from)?;
            let _ = writeln!(std::io::stdout(), "{document}");
            Ok(())
        }
        Some(Command::Admin { command: AdminCommand::Create(person) }) => create(&config, person, Role::Admin).await,
        Some(Command::Agent { command: AgentCommand::Create { person, role } }) => {
            create(&config, person, role.into()).await
        }
    }
}

fn settle(settings: Settings) -> Result<Config, Failure> {
    let file = match &settings.config {
        Some(path) => File::read(path).map_err(Failure::Usage)?,
        None => File::default(),
    };
    let line = File {
        listen: settings.listen,
        data: settings.data,
        access_ttl: settings.access_ttl,
        refresh_ttl: settings.refresh_ttl,
        behind_proxy: settings.behind_proxy.then_some(true),
    };
    Ok(line.or(file).settle())
}

async fn serve(config: &Config) -> Result<(), Failure> {
    program::start_logging("info,sqlx=warn");
    let server = Server::open(config, Clock::default()).await?;
    let ready = server.ready();
    if let Some(url) = &ready.setup_url {
        tracing::warn!(%url, "there is no admin yet: make the first one here, or with `ownline-server admin create`");
    }
    tracing::info!(url = %ready.url, data = %config.data.display(), "serving");
    program::print_ready(&ready);
    server.run(program::shutdown_signal()).await?;
    tracing::info!("ended");
    Ok(())
}

async fn create(config: &Config, person: Person, role: Role) -> Result<(), Failure> {
    program::start_logging("warn");
    let password = if person.password_stdin { Some(read_password()?) } else { None };
    let app = App::open(config, Clock::default()).await?;
    let new = NewAgent { name: person.name, email: person.email, role };
    let tenant = app.store().first_tenant().await.map_err(anyhow::Error::from)?;
    let added = app.accounts().add(tenant, new, password.as_deref()).await;
    app.close().await;
    program::print_ready(&match added? {
        AgentOrEnrolment::Agent(agent) => {
            json!({ "id": agent.id, "email": agent.email, "role": agent.role, "enrolled": true })
        }
        AgentOrEnrolment::Enrolment(enrolment) => json!({
            "id": enrolment.agent.id,
            "email": enrolment.agent.email,
            "role": enrolment.agent.role,
            "enrolled": false,
            "enrolment_code": enrolment.code,
            "expires_at": enrolment.expires_at,
        }),
    });
    Ok(())
}

/// One line from standard input.
fn read_password() -> Result<String, Failure> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        let _ = write!(std::io::stderr(), "Password (it shows while you type): ");
        let mut line = String::new();
        stdin.read_line(&mut line).map_err(anyhow::Error::from)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(anyhow::Error::from)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
