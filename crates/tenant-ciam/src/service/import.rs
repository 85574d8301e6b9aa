//! The use cases of import and export.

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Brought, Change, Imported, Rule, hashes_of, json};
use serde_json::{Map, Value};

use super::{Client, MAX_ROUNDS, TenantCiam, overtaken};
use crate::domain::UserId;
use crate::error::Error;
use crate::rules::TenantRules;
use crate::store::{ImportError, NewUser, Presence};
use crate::user::User;
use crate::validate::{self, ImportDraft};
use crate::wire;

/// What is known of a line, or a user who is still to be written, with his password.
enum Judged {
    Known(Result<Imported, Error>),
    Coming(Box<NewUser>, Option<Brought>),
}

impl TenantCiam {
    /// Judges the shape of one entry of an import: the body of `POST /api/v2/tenant/users`, but
    /// `password_hash` may stand in the place of `pwd`, and a user may be `disabled`.
    ///
    /// # Errors
    /// As that call's: an unreadable body, or [`Error::Parameter`].
    pub fn judge_import(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        let members: wire::ImportMembers = json::decode(body)?;
        let body: wire::CreateUser = json::decode(body)?;
        validate::import_user(body, members, |hash| self.ports.hasher.adopt(hash))
    }

    /// Makes these users of the client's tenant, each on his own; what came of each, in their order. A
    /// user is known again by the first of the attributes that are unique in the tenant and that his
    /// line has: if who has it is just so, he is [`Imported::Unchanged`], whatever his password is, and
    /// nothing is hashed for him. With `skip` he is not even compared.
    ///
    /// # Errors
    /// If the house fails or there is no such tenant: then none of them was made. For each:
    /// what a create answers, in the same order, [`Error::Taken`] for one who is another; and
    /// [`Error::Parameter`] for one who has no unique value: the same import again would make him again.
    /// Of a hash the password's rules cannot be judged.
    pub async fn import(
        &self,
        by: &Client,
        drafts: Vec<ImportDraft>,
        skip: bool,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.rules(by).await?;
            let change = self.change(by, self.ports.clock.now_ms());
            match self.import_by(by, &change, &rules, &drafts, skip).await {
                Err(ImportError::RulesChanged) => {}
                Err(ImportError::Port(error)) => return Err(error.into()),
                Ok(answers) => return Ok(answers),
            }
        }
        Err(overtaken())
    }

    async fn import_by(
        &self,
        by: &Client,
        change: &Change,
        rules: &TenantRules,
        drafts: &[ImportDraft],
        skip: bool,
    ) -> Result<Vec<Result<Imported, Error>>, ImportError> {
        let judged: Vec<Judged> =
            drafts.iter().map(|draft| self.judge_line(by, draft, rules, change.at_ms)).collect();
        let users = judged.iter().filter_map(|one| match one {
            Judged::Coming(user, _) => Some(user.as_ref().clone()),
            Judged::Known(_) => None,
        });
        let presences = self.ports.store.presence(&by.tenant, users.collect()).await?;
        let mut presences = presences.into_iter();
        let mut answers: Vec<Option<Result<Imported, Error>>> = Vec::with_capacity(drafts.len());
        let (mut coming, mut passwords) = (Vec::new(), Vec::new());
        for one in judged {
            let (user, password) = match one {
                Judged::Known(answer) => {
                    answers.push(Some(answer));
                    continue;
                }
                Judged::Coming(user, password) => (user, password),
            };
            answers.push(match presences.next() {
                None | Some(Presence::Absent) => {
                    coming.push(*user);
                    passwords.push(password);
                    None
                }
                Some(_) if skip => Some(Ok(Imported::Skipped)),
                Some(Presence::Same) => Some(Ok(Imported::Unchanged)),
                Some(Presence::Other(attribute)) => Some(Err(Error::Taken(attribute))),
            });
        }
        // Hashes are dear: for those alone who are still to be written.
        let hashes = hashes_of(self.ports.hasher.as_ref(), passwords).await?;
        let users = coming.into_iter().zip(hashes).map(|(user, password)| NewUser { password, ..user });
        let users: Vec<NewUser> = users.collect();
        let imported = if users.is_empty() {
            Vec::new()
        } else {
            self.ports.store.import(change, &by.tenant, rules.version, users, skip).await?
        };
        let mut imported = imported.into_iter();
        let answered = answers.into_iter().filter_map(|known| match known {
            Some(known) => Some(known),
            None => imported.next().map(|answer| answer.map_err(Error::Taken)),
        });
        Ok(answered.collect())
    }

    fn judge_line(&self, by: &Client, line: &ImportDraft, rules: &TenantRules, now_ms: i64) -> Judged {
        let judge = || {
            let judged = line.draft.judge(rules)?;
            if judged.unique.is_empty() {
                let form = "known again by the value of an attribute that is unique in the tenant";
                return Err(Error::parameter("line", Rule::Format(form.into())));
            }
            let password = match &line.hash {
                Some(hash) => Some(Brought::Hashed(hash.clone())),
                None => line.draft.judge_password(&judged, rules)?.cloned().map(Brought::Plain),
            };
            let user = NewUser { disabled: line.disabled, ..self.new_user(by, judged, None, rules, now_ms) };
            Ok((user, password))
        };
        match judge() {
            Ok((user, password)) => Judged::Coming(Box::new(user), password),
            Err(error) => Judged::Known(Err(error)),
        }
    }

    /// In the order of their ids the users of the client's tenant after `after`, `limit` of them at the
    /// most, as lines of an import, each with the hash of his password and without his picture:
    /// [`TenantCiam::picture`] has it. For somebody who moves the whole directory.
    ///
    /// # Errors
    /// If the house fails or there is no such tenant.
    pub async fn export(
        &self,
        by: &Client,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, Map<String, Value>, Option<PasswordHash>)>, Error> {
        let rules = self.rules(by).await?;
        let users = self.ports.store.export(&by.tenant, after, limit).await?;
        let line = |(user, hash): (User, Option<PasswordHash>)| {
            (user.id.clone(), wire::exported(&user, &rules), hash)
        };
        Ok(users.into_iter().map(line).collect())
    }
}
