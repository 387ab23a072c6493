//! HMAC-SHA-256 (RFC 2104), in place of the crate of this name.
//!
//! Only the PostgreSQL client uses it, to log in with SCRAM: a chain of 4,096 tags under the password as key, each the
//! tag of the one before (PBKDF2). In wasm that computes for about 8 ms, during which nothing else in the isolate
//! happens, and every request has a connection of its own. But the chain depends on password, salt and count alone,
//! and they are the same each time. So the last chain is remembered, 128 kB of it, and a log-in follows it by
//! comparing. What is remembered tells no more than the password does, which the isolate has in its configuration.

use std::cell::RefCell;
use std::marker::PhantomData;

use sha2::{Digest, Sha256};

const BLOCK_BYTES: usize = 64;
const TAG_BYTES: usize = 32;
const SHORT_BYTES: usize = 64;
/// The longest chain that is remembered: half a megabyte.
const LONGEST_CHAIN: usize = 16_384;

type Block = [u8; BLOCK_BYTES];
type Tag = [u8; TAG_BYTES];

/// Keys of any length are valid: this is never made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidLength;

/// The tag is not the message's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacError;

/// Made from a key.
pub trait KeyInit: Sized {
    /// With this key.
    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength>;
}

/// Authenticates a message.
pub trait Mac {
    /// Adds to the message.
    fn update(&mut self, data: &[u8]);
    /// The message's tag.
    fn finalize(self) -> Output;
    /// Whether `tag` is the message's, in a time that does not tell where they differ.
    fn verify_slice(self, tag: &[u8]) -> Result<(), MacError>;
}

/// A message's tag.
#[derive(Debug, Clone, Copy)]
pub struct Output(Tag);

impl Output {
    /// The bytes.
    pub fn into_bytes(self) -> Tag {
        self.0
    }
}

/// The one for the hash `D`.
pub struct Hmac<D> {
    key: Block,
    message: Message,
    hash: PhantomData<D>,
}

/// A message; the tags of a chain, of which there are thousands, need no allocation.
enum Message {
    Short { bytes: [u8; SHORT_BYTES], length: usize },
    Long(Vec<u8>),
}

impl Message {
    fn add(&mut self, data: &[u8]) {
        match self {
            Self::Short { bytes, length } => {
                let end = length.saturating_add(data.len());
                if let Some(place) = bytes.get_mut(*length..end) {
                    place.copy_from_slice(data);
                    *length = end;
                } else {
                    *self = Self::Long([self.bytes(), data].concat());
                }
            }
            Self::Long(bytes) => bytes.extend_from_slice(data),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { bytes, length } => bytes.get(..*length).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl KeyInit for Hmac<Sha256> {
    fn new_from_slice(key: &[u8]) -> Result<Self, InvalidLength> {
        let hashed: Tag;
        let short = if key.len() > BLOCK_BYTES {
            hashed = Sha256::digest(key).into();
            &hashed
        } else {
            key
        };
        let mut block = [0; BLOCK_BYTES];
        block.iter_mut().zip(short).for_each(|(to, from)| *to = *from);
        Ok(Self { key: block, message: Message::Short { bytes: [0; SHORT_BYTES], length: 0 }, hash: PhantomData })
    }
}

impl Mac for Hmac<Sha256> {
    fn update(&mut self, data: &[u8]) {
        self.message.add(data);
    }

    fn finalize(self) -> Output {
        thread_local! {
            static RECENT: RefCell<Recent> = RefCell::new(Recent::new([0; BLOCK_BYTES]));
        }
        Output(RECENT.with_borrow_mut(|recent| recent.tag(&self.key, self.message.bytes())))
    }

    fn verify_slice(self, tag: &[u8]) -> Result<(), MacError> {
        let own = self.finalize().into_bytes();
        let difference = own.iter().zip(tag).fold(0, |difference, (left, right)| difference | (left ^ right));
        if difference == 0 && tag.len() == own.len() { Ok(()) } else { Err(MacError) }
    }
}

/// A key and its last chain.
struct Recent {
    key: Block,
    /// What is the same for every message: the hashes of the key's two blocks.
    inner: Sha256,
    outer: Sha256,
    /// Each but the first is the tag of the one before.
    chain: Vec<Tag>,
    /// The place of the tag that was given last.
    place: usize,
    /// The key that was used last. One that is used twice in a row is a password.
    last_key: Block,
}

impl Recent {
    fn new(key: Block) -> Self {
        let state = |pad: u8| Sha256::new_with_prefix(key.map(|byte| byte ^ pad));
        Self { key, inner: state(0x36), outer: state(0x5c), chain: Vec::new(), place: 0, last_key: key }
    }

    fn tag(&mut self, key: &Block, message: &[u8]) -> Tag {
        if *key != self.key {
            if *key != self.last_key {
                self.last_key = *key;
                return Self::new(*key).compute(message);
            }
            *self = Self::new(*key);
        }
        self.last_key = *key;
        let is_start = self.chain.first().is_some_and(|first| first == message);
        let here = if is_start { 0 } else { self.place };
        if self.chain.get(here).is_none_or(|tag| tag != message) {
            let tag = self.compute(message);
            // A message that may be a tag begins another chain; the salt, from which a chain's first comes, does not.
            if let Ok(first) = Tag::try_from(message) {
                self.chain.clear();
                self.chain.extend([first, tag]);
                self.place = 1;
            }
            return tag;
        }
        if let Some(known) = self.chain.get(here + 1) {
            self.place = here + 1;
            return *known;
        }
        let tag = self.compute(message);
        if self.chain.len() < LONGEST_CHAIN {
            self.chain.push(tag);
            self.place = here + 1;
        }
        tag
    }

    fn compute(&self, message: &[u8]) -> Tag {
        let inner = self.inner.clone().chain_update(message).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &[u8], message: &[u8]) -> Tag {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        hmac.update(message);
        hmac.finalize().into_bytes()
    }

    fn hex(bytes: &[u8]) -> String {
        use std::fmt::Write;
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    /// As the client does it.
    fn pbkdf2(password: &[u8], salt: &[u8], count: usize) -> String {
        let mut last = tag(password, &[salt, &[0, 0, 0, 1]].concat());
        let mut sum = last;
        for _ in 1..count {
            last = tag(password, &last);
            sum.iter_mut().zip(last).for_each(|(sum, last)| *sum ^= last);
        }
        hex(&sum)
    }

    /// <https://www.rfc-editor.org/rfc/rfc4231>.
    #[test]
    fn tags_are_those_of_the_rfc() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for _ in 0..3 {
            for (key, message, expected) in cases {
                assert_eq!(hex(&tag(key, message)), expected);
            }
        }
    }

    /// <https://stackoverflow.com/a/5136918>, the vectors of RFC 6070 for SHA-256.
    #[test]
    fn chains_are_the_same_at_every_log_in() {
        let once = "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b";
        let often = "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a";
        for _ in 0..3 {
            for _ in 0..2 {
                assert_eq!(pbkdf2(b"password", b"salt", 4096), often);
                assert_ne!(hex(&tag(b"another key", b"in between")), once);
            }
            assert_eq!(pbkdf2(b"password", b"salt", 1), once);
            let longer = pbkdf2(b"password", b"pepper", 20_000);
            assert_eq!(pbkdf2(b"password", b"pepper", 20_000), longer);
            assert_ne!(pbkdf2(b"passwore", b"salt", 4096), often);
        }
    }

    #[test]
    fn a_second_log_in_computes_little() {
        let mut recent = Recent::new([0; BLOCK_BYTES]);
        let key = [7; BLOCK_BYTES];
        let log_in = |recent: &mut Recent| {
            let mut last = recent.tag(&key, b"salt");
            for _ in 1..100 {
                last = recent.tag(&key, &last);
            }
            (last, recent.tag(&[8; BLOCK_BYTES], b"Client Key"), recent.tag(&[9; BLOCK_BYTES], b"all said"))
        };
        let first = log_in(&mut recent);
        assert_eq!(recent.chain.len(), 100);
        let known = recent.chain.clone();
        // What is remembered is what answers.
        recent.inner = Sha256::new();
        recent.chain[1] = [1; TAG_BYTES];
        assert_eq!(recent.tag(&key, &known[0]), [1; TAG_BYTES]);
        recent = Recent::new(key);
        recent.chain = known;
        assert_eq!(log_in(&mut recent), first);
        assert_eq!((recent.chain.len(), recent.place), (100, 99));
    }

    #[test]
    fn a_wrong_tag_is_refused() {
        let hmac = || Hmac::<Sha256>::new_from_slice(b"k").unwrap();
        let right = hmac().finalize().into_bytes();
        assert_eq!(hmac().verify_slice(&right), Ok(()));
        for wrong in [&right[..31], &[0; 32], &[]] {
            assert_eq!(hmac().verify_slice(wrong), Err(MacError));
        }
    }
}
