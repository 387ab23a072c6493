//! From a prompt's name to what a model is sent.

mod batch;
mod one;
mod template;
