//! Chat with the built-in model, streamed and whole, and the conversations that are kept.

mod conversations;
mod events;
mod openai;
mod streams;
