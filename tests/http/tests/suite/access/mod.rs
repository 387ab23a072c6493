//! Keys, roles, teams and the audit log.

mod audit;
mod keys;
mod roles;
mod teams;
