//! `roster import`

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use roster_kernel::ports::PasswordHasher;
use roster_kernel::{IfExists, Origin};
use roster_persistence::{Backend, Whole};
use roster_tenant_ciam::{Administrator, CenterError, TenantCiam, TenantId};

use super::output::{demand_writable, is_same};
use super::{Common, Failure};
use crate::compose::{Dialects, House};
use crate::config::Config;
use crate::import::{
    CiamImport, DeviceImport, EnterpriseImport, Format, HashAhead, Input, IotImport, Lines, Progress,
    Records, Report, Settings, Source, Summary, Table, Target, run,
};
use crate::open;
use crate::print::tell;

/// Put many users into a dialect, from a file. Each line is what the dialect's call that makes one user
/// takes, and is judged by the same rules. Good lines go in; each bad one is told with its number and
/// with what that call would answer, and makes the command fail at its end.
///
/// A user who is there already just as his line says stays as he is: an import that was interrupted is
/// run again, and ends as if it had not been.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster import device-users users.csv --dry-run
  roster import device-users users.jsonl --errors refused.jsonl
  roster import tenant-ciam customers.csv --tenant acme
  zcat users.jsonl.gz | roster import device-users - --format jsonl --strict")]
pub struct Import {
    /// Whose users they are to be.
    #[arg(value_enum)]
    pub dialect: Dialect,
    /// What to read; `-` is standard input.
    pub file: PathBuf,
    /// How the users stand in it; by default what the file's name says.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The tenant whose users they are to be; for tenant-ciam alone.
    #[arg(long, value_name = "ID", required_if_eq("dialect", "tenant-ciam"))]
    pub tenant: Option<String>,
    /// Change nothing; only tell what would be refused. Without --strict, lines that clash with
    /// earlier lines of the same file are not found.
    #[arg(long)]
    pub dry_run: bool,
    /// All or nothing: one transaction for all lines, and none of them if one is refused. On SQLite
    /// nobody else writes to the store meanwhile.
    #[arg(long)]
    pub strict: bool,
    /// What to do about a user who is there and is another than his line says; `replace` is for
    /// device-users and enterprise-users alone.
    #[arg(long, value_enum, default_value_t)]
    pub if_exists: Exists,
    /// The most lines of one transaction: 1 to 10000.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Tell of refused lines in this file, as JSON Lines: `line`, `status`, `error`. Otherwise the
    /// first are shown on standard error.
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

/// A dialect, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// Users of enterprises.
    EnterpriseUsers,
    /// Users of terminals.
    DeviceUsers,
    /// The users of a tenant.
    TenantCiam,
    /// Users with roles and areas.
    IotRoles,
}

/// What to do about a user who is there and is another than his line says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Exists {
    /// Refuse the line.
    #[default]
    Fail,
    /// Leave him as he is, without comparing.
    Skip,
    /// Make him what the line says.
    Replace,
}

impl From<Exists> for IfExists {
    fn from(exists: Exists) -> Self {
        match exists {
            Exists::Fail => Self::Fail,
            Exists::Skip => Self::Skip,
            Exists::Replace => Self::Replace,
        }
    }
}

impl Import {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        self.check()?;
        let format = format_of(self.format, &self.file)?;
        let config = self.common.load()?;
        if let Some(path) = &self.errors {
            demand_writable(path, &config.database_url()?)?;
        }
        let house = open::to_change(&config).await?;
        if !self.strict {
            let (view, _) = self.view(&house)?;
            let summary = self.write(&view, house.hasher.clone(), &self.file, format, &config).await?;
            return self.report(&summary);
        }
        let copy = if self.file == Path::new("-") { Some(copy_of_standard_input()?) } else { None };
        let file = copy.as_ref().map_or(self.file.as_path(), |copy| copy.path());
        // Passwords are hashed before the transaction begins, which also finds lines that are refused.
        let hasher = Arc::new(HashAhead::new(house.hasher.clone(), house.random.as_ref())?);
        let view = house.over(house.db.rehearsal()?);
        let summary = self.write(&view, hasher.clone(), file, format, &config).await?;
        if summary.refused > 0 {
            return self.report(&summary);
        }
        hasher.replay()?;
        let (view, whole) = self.view(&house)?;
        let summary = self.write(&view, hasher, file, format, &config).await?;
        match whole {
            Some(whole) if !self.dry_run && summary.refused == 0 => whole.commit().await?,
            _ => {}
        }
        self.report(&summary)
    }

    /// Writes the lines of `file` into the dialect on `view`.
    async fn write(
        &self,
        view: &House,
        hasher: Arc<dyn PasswordHasher>,
        file: &Path,
        format: Format,
        config: &Config,
    ) -> Result<Summary, Failure> {
        let dialects = Dialects::hashing(view, config, hasher);
        match self.dialect {
            Dialect::EnterpriseUsers => {
                self.import(EnterpriseImport::new(dialects.enterprise_users), file, format, view).await
            }
            Dialect::DeviceUsers => {
                self.import(DeviceImport::new(dialects.device_users), file, format, view).await
            }
            Dialect::TenantCiam => {
                let tenant = tenant_of(&dialects.tenant_ciam, self.tenant.as_deref()).await?;
                self.import(CiamImport::new(dialects.tenant_ciam, tenant), file, format, view).await
            }
            Dialect::IotRoles => self.import(IotImport::new(dialects.iot_roles), file, format, view).await,
        }
    }

    fn report(&self, summary: &Summary) -> Result<(), Failure> {
        let rehearsed = if self.dry_run { " (a dry run: nothing was changed)" } else { "" };
        tell(format_args!("roster: {summary}{rehearsed}\n"));
        match summary.refused {
            0 => Ok(()),
            _ if self.strict && !self.dry_run => {
                Err("nothing was changed, because lines were refused".into())
            }
            refused => Err(format!("{refused} lines were refused").into()),
        }
    }

    fn check(&self) -> Result<(), Failure> {
        let whole = matches!(self.dialect, Dialect::EnterpriseUsers | Dialect::DeviceUsers);
        if self.if_exists == Exists::Replace && !whole {
            return Err("--if-exists replace is for device-users and enterprise-users alone".into());
        }
        match (&self.tenant, self.dialect) {
            (Some(_), Dialect::TenantCiam) | (None, _) => Ok(()),
            (Some(_), _) => Err("--tenant is for tenant-ciam alone".into()),
        }
    }

    /// Refuses to write the report over what is to be read.
    fn spare_the_source(&self) -> Result<(), Failure> {
        match self.errors.as_ref().is_some_and(|errors| is_same(errors, &self.file)) {
            true => Err("--errors names the file that is to be read".into()),
            false => Ok(()),
        }
    }

    /// The house on the store, or on what is to be kept of it at the end or never.
    fn view(&self, house: &House) -> Result<(House, Option<Whole>), Failure> {
        if self.strict {
            let (db, whole) = house.db.whole()?;
            return Ok((house.over(db), Some(whole)));
        }
        let db = if self.dry_run { house.db.rehearsal()? } else { house.db.clone() };
        Ok((house.over(db), None))
    }

    async fn import<T: Target>(
        &self,
        target: T,
        file: &Path,
        format: Format,
        house: &House,
    ) -> Result<Summary, Failure> {
        let named = |error: io::Error| format!("{}: {error}", self.file.display());
        let (source, size) = open(file).map_err(named)?;
        let input = Input::new(source).map_err(named)?;
        let bytes = input.bytes();
        let records: Box<dyn Records> = match format {
            Format::Jsonl => Box::new(Lines::new(input, target.limit())),
            Format::Csv => Box::new(Table::new(input, target.limit(), target.columns()).map_err(named)?),
        };
        self.spare_the_source()?;
        let mut report = Report::to(self.errors.as_deref()).map_err(|error| {
            format!("{}: {error}", self.errors.as_deref().unwrap_or(Path::new("")).display())
        })?;
        let settings = Settings {
            if_exists: self.if_exists.into(),
            batch: self.batch as usize,
            yields: house.db.backend() == Backend::Sqlite && !self.strict,
            now_ms: house.clock.now_ms(),
        };
        let progress = Progress::new(size);
        let source = Source { records, bytes };
        let summary = run(Arc::new(target), source, &settings, &mut report, &progress).await;
        progress.end();
        summary.map_err(|error| match self.strict || self.dry_run {
            true => format!("{error}; nothing was changed").into(),
            false => format!("{error}; what is in stays, and the same import goes on from there").into(),
        })
    }
}

/// The tenant that is named, if it is there.
pub(super) async fn tenant_of(service: &TenantCiam, id: Option<&str>) -> Result<TenantId, Failure> {
    let id = id.ok_or("tenant-ciam wants --tenant ID")?;
    let tenant = TenantId::parse(id).map_err(|error| format!("--tenant: {error}"))?;
    let by = Administrator::operator("command line", Origin::default());
    match service.tenant(&by, &tenant).await {
        Ok(_) => Ok(tenant),
        Err(CenterError::NotFound(missing)) => Err(format!("--tenant {id}: {}", missing.words()).into()),
        Err(error) => Err(error.into()),
    }
}

/// The format that is asked for, else the file's.
pub(super) fn format_of(asked: Option<Format>, file: &Path) -> Result<Format, Failure> {
    asked.or_else(|| Format::of(file)).ok_or_else(|| {
        format!("'{}' does not say its format; add --format csv or --format jsonl", file.display()).into()
    })
}

/// What comes on standard input, to be read twice; gone with the value. Only its owner may read it.
fn copy_of_standard_input() -> io::Result<tempfile::NamedTempFile> {
    let mut copy = tempfile::NamedTempFile::new()?;
    io::copy(&mut io::stdin(), &mut copy)?;
    Ok(copy)
}

/// What is read, and how large it is, if that is known.
fn open(file: &Path) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if file == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(file)?;
    let metadata = file.metadata()?;
    let size = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), size))
}
