//! Which endpoints may be called: a base URL is set by a team, and must not lead into the network that we run in.
//!
//! A name that resolves to a private address cannot be seen here, for the edge resolves names when it connects.
//! Workers reach no private network; elsewhere the host's list of allowed addresses is the second line.
//! Redirects are never followed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where we run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surroundings {
    /// Only public addresses, only https.
    Production,
    /// Loopback too, also over http.
    Development,
}

/// Why a base URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not an absolute URL of scheme, host, port and path.
    #[error("must be an absolute https URL without user, query or fragment")]
    Malformed,
    /// Neither https, nor http to loopback in development.
    #[error("must be https")]
    Insecure,
    /// It leads to a private, local or reserved address.
    #[error("must not lead to a private or local address")]
    Private,
}

/// Checks a base URL and returns it without a trailing slash.
///
/// Whatever a URL parser might read as an address in disguise (`0x7f.1`, `2130706433`, `[::ffff:10.0.0.1]`,
/// full-width digits) is refused or recognised.
///
/// ```
/// use llm::base_url::{Refused, Surroundings, check};
/// let models = check("https://models.example.com/v1/", Surroundings::Production);
/// assert_eq!(models.as_deref(), Ok("https://models.example.com/v1"));
/// assert_eq!(check("https://169.254.169.254/v1", Surroundings::Development), Err(Refused::Private));
/// ```
pub fn check(url: &str, surroundings: Surroundings) -> Result<String, Refused> {
    let (scheme, rest) = url.split_once("://").ok_or(Refused::Malformed)?;
    let is_secure = match scheme {
        "https" => true,
        "http" => false,
        _ => return Err(Refused::Insecure),
    };
    let allowed = |char: char| char.is_ascii_alphanumeric() || "-._~/:[]%+=,;!$&'()*".contains(char);
    if url.len() > 500 || !rest.chars().all(allowed) {
        return Err(Refused::Malformed);
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Refused::Malformed);
    }
    match reach(host(authority)?)? {
        Reach::Public if is_secure => {}
        Reach::Public => return Err(Refused::Insecure),
        Reach::Loopback if surroundings == Surroundings::Development => {}
        Reach::Loopback | Reach::Private => return Err(Refused::Private),
    }
    Ok(url.trim_end_matches('/').to_owned())
}

/// The host of `host:port`, the port checked.
fn host(authority: &str) -> Result<&str, Refused> {
    let after_host =
        if authority.starts_with('[') { authority.find(']').map(|end| end + 1) } else { authority.find(':') };
    let (host, port) = authority.split_at(after_host.unwrap_or(authority.len()));
    let port_is_good = match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.parse::<u16>().is_ok_and(|port| port > 0)
        }
        None => port.is_empty(),
    };
    if port_is_good && !host.is_empty() { Ok(host) } else { Err(Refused::Malformed) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Loopback,
    Private,
}

fn reach(host: &str) -> Result<Reach, Refused> {
    if let Some(inner) = host.strip_prefix('[') {
        let address =
            inner.strip_suffix(']').and_then(|inner| inner.parse().ok()).ok_or(Refused::Malformed)?;
        return Ok(reach_of(IpAddr::V6(address)));
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if !labels.iter().all(is_label) {
        return Err(Refused::Malformed);
    }
    let top = labels.last().copied().unwrap_or_default();
    // A host whose last label is a number is an address to every URL parser, in any of its spellings.
    if top.bytes().all(|byte| byte.is_ascii_digit()) || top.starts_with("0x") {
        let address: Ipv4Addr = host.parse().map_err(|_| Refused::Malformed)?;
        return Ok(reach_of(IpAddr::V4(address)));
    }
    Ok(match top {
        "localhost" => Reach::Loopback,
        "local" | "internal" | "intranet" | "lan" | "home" | "corp" | "private" | "arpa" | "onion" => {
            Reach::Private
        }
        // A name without a dot is completed by a local search list.
        _ if labels.len() == 1 => Reach::Private,
        _ => Reach::Public,
    })
}

fn reach_of(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_of_v4(address),
        IpAddr::V6(address) => reach_of_v6(address),
    }
}

fn reach_of_v4(address: Ipv4Addr) -> Reach {
    let is_private_or_multicast =
        |octets: [u8; 4]| matches!(octets, [0 | 10 | 224..=255, ..] | [172, 16..=31, ..] | [192, 168, ..]);
    // Link-local and carrier-grade NAT: both hold metadata services of clouds.
    let is_metadata = |octets: [u8; 4]| matches!(octets, [169, 254, ..] | [100, 64..=127, ..]);
    // Protocol assignments, relays from IPv6, measurements, documentation.
    let is_reserved = |octets: [u8; 4]| {
        matches!(
            octets,
            [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _]
        )
    };
    let octets = address.octets();
    if address.is_loopback() {
        Reach::Loopback
    } else if is_private_or_multicast(octets) || is_metadata(octets) || is_reserved(octets) {
        Reach::Private
    } else {
        Reach::Public
    }
}

fn reach_of_v6(address: Ipv6Addr) -> Reach {
    if address == Ipv6Addr::LOCALHOST {
        return Reach::Loopback;
    }
    if let Some(mapped) = address.to_ipv4_mapped() {
        return reach_of_v4(mapped);
    }
    // 2000::/3 is all that is routed in public; parts of it lead elsewhere.
    match address.segments() {
        // Teredo and other protocol assignments; documentation; 6to4, which wraps an IPv4 address.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002 | 0x3fff, ..] => Reach::Private,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_all(expected: Result<(), Refused>, surroundings: Surroundings, urls: &[&str]) {
        for url in urls {
            assert_eq!(check(url, surroundings).map(|_| ()), expected, "{url} in {surroundings:?}");
        }
    }

    #[test]
    fn public_addresses_need_https() {
        for surroundings in [Surroundings::Production, Surroundings::Development] {
            check_all(
                Ok(()),
                surroundings,
                &[
                    "https://api.openai.com/v1",
                    "https://models.example.com:8443/openai/v1/",
                    "https://8.8.8.8/v1",
                    "https://[2606:4700::1111]/v1",
                    "https://a.example.com.",
                ],
            );
            check_all(
                Err(Refused::Insecure),
                surroundings,
                &["http://api.openai.com/v1", "http://8.8.8.8", "ftp://example.com", "HTTP://example.com"],
            );
        }
    }

    #[test]
    fn loopback_is_for_development() {
        let urls = [
            "http://127.0.0.1:8080/v1",
            "http://localhost:11434/v1",
            "http://[::1]:8080",
            "https://localhost",
            "http://127.8.9.1",
            "http://a.localhost",
        ];
        check_all(Ok(()), Surroundings::Development, &urls);
        check_all(Err(Refused::Private), Surroundings::Production, &urls);
    }

    #[test]
    fn private_addresses_are_never_called() {
        for surroundings in [Surroundings::Production, Surroundings::Development] {
            check_all(
                Err(Refused::Private),
                surroundings,
                &[
                    "https://10.0.0.1",
                    "https://172.31.255.255",
                    "https://192.168.1.1/v1",
                    "https://169.254.169.254/latest/meta-data",
                    "https://100.100.100.200",
                    "https://0.0.0.0",
                    "https://224.0.0.1",
                    "https://255.255.255.255",
                    "https://[::]",
                    "https://[::ffff:10.0.0.1]",
                    "https://[::ffff:a9fe:a9fe]",
                    "https://[64:ff9b::a00:1]",
                    "https://[2002:a00:1::]",
                    "https://[fe80::1]",
                    "https://[fd00:ec2::254]",
                    "https://metadata.google.internal",
                    "https://metadata",
                    "https://printer.local",
                ],
            );
        }
    }

    #[test]
    fn disguises_are_refused() {
        check_all(
            Err(Refused::Malformed),
            Surroundings::Development,
            &[
                "https://2130706433/",
                "https://0x7f000001",
                "https://0x7f.1",
                "https://127.1",
                "https://0177.0.0.1",
                "https://1.2.3.4.5",
                "https://１２７.0.0.1",
                "https://%31%32%37.0.0.1",
                "https://user@10.0.0.1",
                "https://example.com\\@10.0.0.1",
                "https://example.com#@10.0.0.1",
                "https://example.com?x",
                "https://example.com/a/../b",
                "https://exam ple.com",
                "https://exa\tmple.com",
                "https://example.com:0",
                "https://example.com:99999",
                "https://example.com:+1",
                "https://[fe80::1%eth0]",
                "https://",
                "https:///v1",
                "//example.com",
                "example.com",
                "",
            ],
        );
    }
}
