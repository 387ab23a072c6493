//! What is found and what is left alone, over a set that is built from public formats.

// It is true anyway; clippy lets what stands under it unwrap.
#![cfg(test)]

use std::time::Instant;

use redaction::{Kind, redact};

/// Deterministic numbers: a linear congruential generator (Knuth's constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    fn text(&mut self, alphabet: &str, count: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| *self.pick(&letters)).collect()
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

fn with_check_digit(mut digits: String) -> String {
    for check in '0'..='9' {
        digits.push(check);
        let sum: u32 = digits
            .chars()
            .rev()
            .enumerate()
            .map(|(place, digit)| {
                let digit = digit.to_digit(10).unwrap();
                if place.is_multiple_of(2) { digit } else { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit as usize] }
            })
            .sum();
        if sum.is_multiple_of(10) {
            return digits;
        }
        digits.pop();
    }
    unreachable!("one of ten digits fits")
}

fn grouped(digits: &str, groups: &[usize], separator: &str) -> String {
    let mut rest = digits;
    let parts: Vec<&str> = groups
        .iter()
        .map(|&length| {
            let (part, after) = rest.split_at(length);
            rest = after;
            part
        })
        .collect();
    parts.join(separator)
}

fn card(numbers: &mut Numbers) -> String {
    const NETWORKS: &[(&str, usize, &[usize])] = &[
        ("4", 16, &[4, 4, 4, 4]),
        ("51", 16, &[4, 4, 4, 4]),
        ("2221", 16, &[4, 4, 4, 4]),
        ("37", 15, &[4, 6, 5]),
        ("6011", 16, &[4, 4, 4, 4]),
        ("3530", 16, &[4, 4, 4, 4]),
        ("36", 14, &[4, 6, 4]),
        ("62", 19, &[4, 4, 4, 4, 3]),
    ];
    let &(prefix, length, groups) = numbers.pick(NETWORKS);
    let digits = with_check_digit(format!("{prefix}{}", numbers.digits(length - prefix.len() - 1)));
    match numbers.below(3) {
        0 => digits,
        1 => grouped(&digits, groups, " "),
        _ => grouped(&digits, groups, "-"),
    }
}

fn iban(numbers: &mut Numbers) -> String {
    let (country, body): (&str, String) = match numbers.below(4) {
        0 => ("DE", numbers.digits(18)),
        1 => ("GB", format!("{}{}", numbers.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4), numbers.digits(14))),
        2 => ("FR", numbers.digits(23)),
        _ => ("NL", format!("{}{}", numbers.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4), numbers.digits(10))),
    };
    let value = |text: &str| {
        text.chars().fold(0_u32, |rest, letter| {
            let digit = letter.to_digit(36).unwrap();
            (rest * if digit > 9 { 100 } else { 10 } + digit) % 97
        })
    };
    let check = 98 - value(&format!("{body}{country}00"));
    let compact = format!("{country}{check:02}{body}");
    if numbers.below(2) == 0 {
        return compact;
    }
    let groups: Vec<String> =
        compact.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into()).collect();
    groups.join(" ")
}

fn phone(numbers: &mut Numbers) -> String {
    let area = 2 + numbers.below(8);
    match numbers.below(11) {
        0 => format!("+49{}", numbers.digits(10)),
        1 => format!("+1 ({area}{}) 5{}-{}", numbers.digits(2), numbers.digits(2), numbers.digits(4)),
        2 => format!("({area}{}) 5{}-{}", numbers.digits(2), numbers.digits(2), numbers.digits(4)),
        3 => format!("{area}{}-5{}-{}", numbers.digits(2), numbers.digits(2), numbers.digits(4)),
        4 => format!("{area}{}.5{}.{}", numbers.digits(2), numbers.digits(2), numbers.digits(4)),
        5 => format!("+44 20 7{} {}", numbers.digits(3), numbers.digits(4)),
        6 => format!("0{}/{}", 2 + numbers.below(8), numbers.digits(8)).replacen('/', "0/", 1),
        7 => format!(
            "01 {} {} {} {}",
            numbers.digits(2),
            numbers.digits(2),
            numbers.digits(2),
            numbers.digits(2)
        ),
        8 => format!("0049 {} {}", 151 + numbers.below(20), numbers.digits(8)).replacen(' ', " (0) ", 0),
        9 => format!(
            "+33 6 {} {} {} {}",
            numbers.digits(2),
            numbers.digits(2),
            numbers.digits(2),
            numbers.digits(2)
        ),
        _ => format!("020 7{} {}", numbers.digits(3), numbers.digits(4)),
    }
}

fn email(numbers: &mut Numbers) -> String {
    let local =
        *numbers.pick(&["jane.roe", "j", "support+ticket", "first_last", "o'neil", "müller", "a-b.c"]);
    let domain = *numbers.pick(&[
        "example.com",
        "mail.example.co.uk",
        "example.museum",
        "xn--bcher-kva.example",
        "bücher.example",
    ]);
    format!("{local}{}@{domain}", numbers.below(100))
}

fn ip(numbers: &mut Numbers) -> String {
    match numbers.below(4) {
        0 => format!("2001:db8::{:x}", numbers.below(65_536) + 16),
        1 => format!(
            "fe80::{:x}:{:x}:{:x}:1",
            numbers.below(65_536),
            numbers.below(65_536),
            numbers.below(65_536)
        ),
        _ => format!(
            "{}.{}.{}.{}",
            1 + numbers.below(222),
            numbers.below(256),
            numbers.below(256),
            numbers.below(256)
        ),
    }
}

fn api_key(numbers: &mut Numbers) -> String {
    let digit = numbers.digits(1);
    match numbers.below(9) {
        0 => format!("pl_{}", numbers.text(HEX, 64)),
        1 => format!("sk-proj-{digit}{}", numbers.text(ALPHANUMERIC, 48)),
        2 => format!("sk-ant-api03-{}-{}AA", numbers.text(ALPHANUMERIC, 50), numbers.text(ALPHANUMERIC, 40)),
        3 => format!("AKIA{digit}{}", numbers.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 15)),
        4 => format!("ghp_{digit}{}", numbers.text(ALPHANUMERIC, 35)),
        5 => {
            format!("github_pat_{digit}{}_{}", numbers.text(ALPHANUMERIC, 21), numbers.text(ALPHANUMERIC, 59))
        }
        6 => format!("AIza{digit}{}", numbers.text(ALPHANUMERIC, 34)),
        7 => format!("xoxb-{}-{}", numbers.digits(12), numbers.text(ALPHANUMERIC, 24)),
        _ => format!("sk_live_{digit}{}", numbers.text(ALPHANUMERIC, 23)),
    }
}

fn ssn(numbers: &mut Numbers) -> String {
    format!("{:03}-{:02}-{:04}", 1 + numbers.below(665), 1 + numbers.below(99), 1 + numbers.below(9999))
}

fn jwt(numbers: &mut Numbers) -> String {
    format!(
        "eyJ{}.eyJ{}.{}",
        numbers.text(ALPHANUMERIC, 33),
        numbers.text(ALPHANUMERIC, 80),
        numbers.text(ALPHANUMERIC, 43)
    )
}

type Maker = fn(&mut Numbers) -> String;
const MAKERS: &[(Kind, Maker)] = &[
    (Kind::Card, card),
    (Kind::Iban, iban),
    (Kind::Phone, phone),
    (Kind::Email, email),
    (Kind::Ip, ip),
    (Kind::ApiKey, api_key),
    (Kind::Ssn, ssn),
    (Kind::Jwt, jwt),
];

const SENTENCES: &[(&str, &str)] = &[
    ("", ""),
    ("Please use ", "."),
    ("Mine is ", ", thanks!"),
    ("(", ")"),
    ("\"value\": \"", "\","),
    ("Kontakt: ", "\nDanke"),
    ("私の番号は", "です"),
    ("a=", "; b=2"),
    ("<", ">"),
    ("First line\n", " and then 3 more"),
    // Texts that hold JSON: a tool's arguments, and JSON within them.
    ("{\"note\": \"First line\\n", "\\nlast line\"}"),
    ("{\\\"note\\\": \\\"First line\\\\n", "\\\\n\\\"}"),
    ("Column\\t", "\\tcolumn\\r\\n"),
    ("\\u756a\\u53f7", "\\u3067\\u3059"),
];

/// What looks personal and is not. `#` becomes a random digit.
const HARMLESS: &[&str] = &[
    "On 2026-11-21 at 09:30:45 we shipped version 1.24.3.",
    "Order ############ of 21.11.2026 costs $1,299.00 (EUR 1.199,00).",
    "Build 20261121.#### took ## minutes and ##.### seconds.",
    "ISBN 978-3-16-148410-0, page ###, line ##.",
    "The range is 100-200, 3-4 items, 5/6 done, 10 000 000 users.",
    "commit 4f2a9c1e7b3d5a6f8c0e2b4d6a8c0e2f4b6d8a0c",
    "prm_01h2xcejqtf2nbrexx3vqjhp41 and ver_01h455vb4pex5vsknk084sn02q",
    "550e8400-e29b-41d4-a716-44665544####",
    "use std::collections::BTreeMap; Foo::Bar; a::b::c; 12:30; 3:2 ratio",
    "git@ and @mention and user@localhost and 5 @ 3.50 and a@b",
    "Timestamps: 1763717400 and 1763717400123, pi is 3.14159265358979.",
    "Coordinates 52.5200, 13.4050 and #12345678 and 0x7fff5fbff8##",
    "sk-learn-tutorial-for-absolute-beginners, sk-, ghp_, AKIA, pl_, eyJ",
    "The bearer of this letter, Bearer tokens in general, bearerauthentication",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
    "1000 2000 3000 4001 and 5000-6000-7000-8001",
    "GB and DE and FR 2026, DE89 is short, GB82 WEST 1234 5698 7654 33",
    "000-12-3456 and 666-12-3456 and 900-12-3456 and 123-00-4567",
    "256.1.1.1 and 1.2.3 and 1.2.3.4.5 and v10.0.0",
    "Scores: 12-10-2025, 7/8/2026, 1-2-3, 99.9%, 1e10, -5, +3, 1,234,567.89",
    "{\"tokens_in\": 4096, \"cost_usd\": 0.00123, \"temperature\": 0.7}",
    "SELECT * FROM t WHERE id = 12345678901234567890;",
    "https://example.com/a/123456789012?x=20261121#l42",
    "Call 911 or 112; room 0815; flight LH 0400; gate 12.",
];

#[test]
fn precision_and_recall() {
    let mut numbers = Numbers(42);
    let (mut found, mut wanted, mut wrong, mut placeholders) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut missed = Vec::new();
    for round in 0..400 {
        for (kind, make) in MAKERS {
            let secret = make(&mut numbers);
            let (before, after) = SENTENCES[round % SENTENCES.len()];
            let text = format!("{before}{secret}{after}");
            let expected = format!("{before}{}{after}", kind.placeholder());
            let redacted = redact(&text);
            wanted += 1;
            placeholders += 1;
            if redacted == expected {
                found += 1;
            } else {
                missed.push(format!("{text:?} -> {redacted:?}"));
            }
        }
    }
    let mut alarms = Vec::new();
    for _ in 0..100 {
        for text in HARMLESS {
            let text: String = text
                .chars()
                .map(|letter| if letter == '#' { numbers.digits(1).remove(0) } else { letter })
                .collect();
            let redacted = redact(&text);
            if redacted != text {
                wrong += 1;
                placeholders += 1;
                alarms.push(format!("{text:?} -> {redacted:?}"));
            }
        }
    }
    let recall = f64::from(found) / f64::from(wanted);
    let precision = f64::from(found) / f64::from(placeholders);
    println!(
        "recall {recall:.4} of {wanted}, precision {precision:.4}, false alarms {wrong} of {}",
        100 * HARMLESS.len()
    );
    for line in missed.iter().take(15).chain(alarms.iter().take(15)) {
        println!("{line}");
    }
    assert!(recall >= 0.99, "{recall}");
    assert!(precision >= 0.99, "{precision}");
}

#[test]
fn several_in_one_text_keep_what_is_between() {
    let text = "Jane <jane@example.com> paid with 4111 1111 1111 1111 from 203.0.113.9, key sk-proj-abc123def456ghi789jkl0.";
    assert_eq!(redact(text), "Jane <[email]> paid with [card] from [ip], key [api_key].");
    // One number ends where the next begins, however that is written.
    assert_eq!(redact("5500000000000004 4111-1111-1111-1111"), "[card] [card]");
    assert_eq!(redact("5500000000000004 2026-11-20"), "[card] 2026-11-20");
    assert_eq!(redact("Authorization: Bearer abcdef0123456789abcdef"), "Authorization: Bearer [bearer]");
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----";
    assert_eq!(redact(&format!("a {pem} b")), "a [private_key] b");
    assert_eq!(redact("-----BEGIN PRIVATE KEY-----\nMIIB"), "[private_key]");
    assert_eq!(redact("-----BEGIN CERTIFICATE-----\nMIIB"), "-----BEGIN CERTIFICATE-----\nMIIB");
}

#[test]
fn what_was_redacted_stays_as_it_is() {
    let mut numbers = Numbers(7);
    for (_, make) in MAKERS {
        let once = redact(&format!("x {} y", make(&mut numbers))).into_owned();
        assert_eq!(redact(&once), once);
    }
}

/// No text makes it slow: what looks like the beginning of everything costs a bounded look ahead.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests run natively")]
fn time_is_linear() {
    let hostile = [
        "eyJ-",
        "eyJ.",
        "@",
        "a@",
        "1 ",
        "1-",
        "sk-",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "bearer ",
        "a:",
        "::",
        "DE00",
        "+",
        "(1) ",
        "(",
        "0 0",
        "ü@",
        "4111 ",
        "1.1.",
    ];
    for part in hostile {
        let time = |bytes: usize| {
            let text = part.repeat(bytes / part.len());
            let began = Instant::now();
            std::hint::black_box(redact(&text));
            began.elapsed()
        };
        time(5_000);
        // Both are longer than a private key can be: one that takes the whole text leaves nothing to look at.
        let (small, large) = (time(25_000), time(100_000));
        // Four times the text: quadratic would be sixteen times the time.
        assert!(large < small * 10 + std::time::Duration::from_millis(20), "{part:?}: {small:?} {large:?}");
    }
}
