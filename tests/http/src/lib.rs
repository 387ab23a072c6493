//! The black-box HTTP suite: what `api.md` promises, asked of a running installation over HTTP alone.
//!
//! The tests in `tests/suite` need the address of an installation in `PROMPTLAB_URL` and an admin key of the team
//! that runs it in `PROMPTLAB_ADMIN_KEY`. `make test` starts an installation and sets both. Against another one:
//!
//! ```sh
//! PROMPTLAB_URL=http://127.0.0.1:8787 PROMPTLAB_ADMIN_KEY=$(cat .dev/admin.key) \
//!   cargo test --package http-suite -- --test-threads 8
//! ```
//!
//! Each test makes a team of its own, so tests run side by side, in any order, and on an installation in use.
//! An installation that allows an origin by `CORS_ALLOWED_ORIGINS` is told so with `PROMPTLAB_CORS_ORIGIN`.
