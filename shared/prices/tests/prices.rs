//! Costs as providers bill them.

use prices::{Mode, Price, Provider, Usage, all, cost_usd, lookup};

/// Compares to a hundredth of a millionth of a dollar.
fn check(expected_usd: f64, actual_usd: f64) {
    assert!((expected_usd - actual_usd).abs() < 1e-8, "{actual_usd} USD instead of {expected_usd}");
}

#[test]
fn cached_input_of_gemini() {
    let price = Price { cached_input_usd_per_mtok: Some(0.625), ..*lookup("gemini-2.5-pro").unwrap() };
    assert_eq!((price.input_usd_per_mtok, price.output_usd_per_mtok), (1.25, 10.0));
    let usage = Usage { input: 262_960, cached_input: 257_955, cache_write: 0, output: 1_744 };
    // 5,005 × 1.25 + 257,955 × 0.625 + 1,744 × 10 millionths.
    check(0.184_918_125, price.cost_usd(usage));
    assert_eq!(format!("{:.5}", price.cost_usd(usage)), "0.18492");
}

#[test]
fn cache_writes_of_anthropic() {
    let usage = Usage { input: 3_000, cached_input: 1_000, cache_write: 1_500, output: 200 };
    // 500 × 3 + 1,000 × 0.3 + 1,500 × 3.75 + 200 × 15 millionths.
    check(0.010_425, cost_usd("claude-sonnet-4-5", usage).unwrap());
}

#[test]
fn without_a_price_for_the_cache_all_input_costs_the_same() {
    let usage = Usage { input: 1_000, cached_input: 400, cache_write: 100, output: 0 };
    check(0.03, cost_usd("gpt-4", usage).unwrap());
}

#[test]
fn more_cached_than_input_is_not_negative() {
    let usage = Usage { input: 10, cached_input: 20, cache_write: 0, output: 0 };
    check(0.000_025, cost_usd("gpt-4o", usage).unwrap());
}

#[test]
fn an_unknown_model_has_no_price() {
    assert_eq!(lookup("gpt-4o-of-our-own"), None);
    assert_eq!(lookup("a-reseller/gpt-4o"), None);
    assert_eq!(cost_usd("", Usage::default()), None);
}

#[test]
fn a_provider_before_the_name_is_seen_through() {
    assert_eq!(lookup("openai/gpt-4o"), lookup("gpt-4o"));
    assert_eq!(lookup("models/gemini-2.5-pro").unwrap().provider, Provider::Gemini);
}

#[test]
fn every_model_is_found_once_and_the_dearer_of_two_prices_is_kept() {
    assert!(all().windows(2).all(|pair| pair[0].model < pair[1].model));
    for price in all() {
        assert_eq!(lookup(price.model), Some(price));
    }
    check(0.3, lookup("gemini-exp-1206").unwrap().input_usd_per_mtok);
}

#[test]
fn sizes_and_modes_are_there() {
    let price = lookup("gpt-4o").unwrap();
    assert_eq!((price.max_input_tokens, price.max_output_tokens), (Some(128_000), Some(16_384)));
    assert_eq!(lookup("text-embedding-3-small").unwrap().mode, Mode::Embedding);
}
