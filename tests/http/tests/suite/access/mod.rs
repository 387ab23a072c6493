//! Keys, roles, teams and the audit log.

mod audit;
mod keys;
mod providers;
mod roles;
mod settings;
mod teams;
