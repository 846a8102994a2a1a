//! `xunjian user`: the people who sign in.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use domain::SystemClock;
use store::{Role, Store};

use crate::cli;

pub(crate) fn run(args: &cli::User) -> anyhow::Result<ExitCode> {
    let cli::User::Add { name, role, reset, config } = args;
    let loaded = super::load(config.as_deref())?;
    let given = password()?;
    let made_up = given.is_none();
    let password = given.unwrap_or_else(dashboard::random_password);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    runtime.block_on(async {
        let store = Store::open(&loaded.config.store, Arc::new(SystemClock))
            .await
            .context("cannot open the store")?;
        if *reset {
            dashboard::set_password(&store, name, &password).await?;
        } else {
            dashboard::add_user(&store, name, (*role).into(), &password).await?;
        }
        store.close().await.context("cannot close the store")
    })?;
    if made_up {
        writeln!(std::io::stdout(), "password of {name}: {password}").context("cannot print")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The first line of stdin; `None` on a terminal and where there is none.
pub(super) fn password() -> anyhow::Result<Option<String>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    stdin.take(4096).read_to_string(&mut text).context("cannot read a password from stdin")?;
    Ok(text.lines().next().filter(|line| !line.is_empty()).map(str::to_owned))
}

impl From<cli::Role> for Role {
    fn from(role: cli::Role) -> Self {
        match role {
            cli::Role::Admin => Self::Admin,
            cli::Role::Reviewer => Self::Reviewer,
            cli::Role::Viewer => Self::Viewer,
        }
    }
}
