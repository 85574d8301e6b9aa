//! `roster export`

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::import::{Dialect, format_of, tenant_of};
use super::output::demand_writable;
use super::{Common, Failure};
use crate::compose::Dialects;
use crate::import::{CiamExport, DeviceExport, EnterpriseExport, Format, IotExport, Origin, export};
use crate::open;
use crate::print::{Stdout, tell};

/// Write a dialect's users to a file that `import` reads: what the dialect's call that makes one user
/// takes. Gateways may serve meanwhile; a user is written as he is when his turn comes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  roster export device-users -o users.csv
  roster export tenant-ciam --tenant acme --with-password-hashes -o customers.jsonl
  roster export device-users --format jsonl --with-pictures | gzip > users.jsonl.gz")]
pub struct Export {
    /// Whose users.
    #[arg(value_enum)]
    pub dialect: Dialect,
    /// Where to; standard output by default. The file is there when it is complete, and only its owner
    /// may read it.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How; by default what the file's name says.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// The tenant whose users; for tenant-ciam alone.
    #[arg(long, value_name = "ID", required_if_eq("dialect", "tenant-ciam"))]
    pub tenant: Option<String>,
    /// With the hashes of the passwords. Whoever has the file can try passwords against them. Without
    /// them users whose dialect demands a password cannot be imported again.
    #[arg(long)]
    pub with_password_hashes: bool,
    /// With the pictures, which may be megabytes each. Without them a user who has nothing but a
    /// picture for a face cannot be imported again.
    #[arg(long)]
    pub with_pictures: bool,
    /// The options that all commands share.
    #[command(flatten)]
    pub common: Common,
}

impl Export {
    pub(super) async fn run(&self) -> Result<(), Failure> {
        let format = format_of(self.format, self.output.as_deref().unwrap_or(Path::new("standard output")))?;
        let config = self.common.load()?;
        let house = open::to_read(&config).await?;
        if let Some(path) = &self.output {
            demand_writable(path, &config.database_url()?)?;
        }
        let dialects = Dialects::new(&house, &config);
        match self.dialect {
            Dialect::EnterpriseUsers => {
                let origin = EnterpriseExport::new(dialects.enterprise_users, self.with_password_hashes);
                self.write(origin, format).await
            }
            Dialect::TenantCiam => {
                let tenant = tenant_of(&dialects.tenant_ciam, self.tenant.as_deref()).await?;
                let (hashes, pictures) = (self.with_password_hashes, self.with_pictures);
                let origin = CiamExport::new(dialects.tenant_ciam, tenant, hashes, pictures);
                self.write(origin, format).await
            }
            Dialect::IotRoles => {
                self.write(IotExport::new(dialects.iot_roles, self.with_password_hashes), format).await
            }
            Dialect::DeviceUsers => {
                self.write(DeviceExport::new(dialects.device_users, self.with_pictures), format).await
            }
        }
    }

    async fn write(&self, origin: impl Origin, format: Format) -> Result<(), Failure> {
        let users = match &self.output {
            None => export(origin, format, &mut BufWriter::new(Stdout::lock())).await?,
            Some(path) => {
                let named = |error: io::Error| format!("{}: {error}", path.display());
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                // Renamed when it is complete: half a file is never taken for a whole one.
                let mut file =
                    tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(named)?;
                let mut out = BufWriter::new(file.as_file_mut());
                let users = export(origin, format, &mut out).await?;
                out.flush().map_err(named)?;
                drop(out);
                file.as_file().sync_all().map_err(named)?;
                file.persist(path).map_err(|error| named(error.error))?;
                users
            }
        };
        tell(format_args!("roster: {users} users\n"));
        Ok(())
    }
}
