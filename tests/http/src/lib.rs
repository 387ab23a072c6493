//! The black-box HTTP suite.
