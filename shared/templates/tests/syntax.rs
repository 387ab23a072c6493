//! The table of the README, and properties that hold for every template.

use proptest::prelude::*;
use serde_json::json;
use templates::{Template, extract_variables};

fn check(template: &str, expected: &str) {
    let mut rendered = String::from("kept ");
    let parsed = Template::parse(template);
    parsed.render(|name| (name == "name").then_some("Ada"), &mut rendered);
    assert_eq!(rendered, format!("kept {expected}"), "{template:?}");
    assert_eq!(parsed.source(), template);
}

fn check_as_written(template: &str) {
    check(template, template);
}

#[test]
fn variables_are_replaced_with_and_without_inner_spaces() {
    for template in ["{{name}}", "{{ name }}", "{{  name}}", "{{\tname \t }}"] {
        check(template, "Ada");
    }
    check("a{{name}}{{ name }}b", "aAdaAdab");
    check("é{{name}}😀", "éAda😀");
}

#[test]
fn four_braces_write_two() {
    check("{{{{", "{{");
    check("{{{{ name }}", "{{ name }}");
    check("{{{{name}}}}", "{{name}}}}");
    check("{{{{{ name }}", "{{{ name }}");
    check("{{{{{{ name }}", "{{Ada");
    check("{{{{{{{{ name }}", "{{{{ name }}");
}

#[test]
fn one_brace_beside_a_variable_is_text() {
    check("{{{ name }}}", "{Ada}");
    check("{\"a\": {{name}}}", "{\"a\": Ada}");
    check("{{ a {{ name }}", "{{ a Ada");
}

#[test]
fn everything_else_is_left_as_written() {
    for template in
        ["", "{", "{{", "{{{", "}}", "}}}}", "{{ name", "{{ name }", "{{}}", "{{ }}", "{ {name} }"]
    {
        check_as_written(template);
    }
    for template in ["{{ name\n}}", "{{\r\nname}}", "{{\u{a0}name}}", "{{ 1st }}", "{{ имя }}", "{{ a b }}"]
    {
        check_as_written(template);
    }
    for template in
        ["{{ -a }}", "{{ .a }}", "{{ a! }}", "{{ naïve }}", "{{#name}}", "{{/name}}", "{{ missing }}"]
    {
        check_as_written(template);
    }
}

#[test]
fn names_hold_dots_dashes_underscores_and_digits() {
    let text = "{{ _ }}{{a.b-c_9}}{{ a. }}{{A}}{{a..b}}";
    assert_eq!(extract_variables(text), ["_", "a.b-c_9", "a.", "A", "a..b"]);
}

#[test]
fn variables_are_distinct_and_in_order_of_first_appearance() {
    let template = Template::parse("{{ b }}{{ a }}{{b}}{{{{ c }}{{ d }}");
    assert_eq!(template.variables().collect::<Vec<_>>(), ["b", "a", "d"]);
    let missing = template.render(|name| (name == "a").then_some(""), &mut String::new());
    assert_eq!(missing, ["b", "d"]);
}

#[test]
fn values_are_never_expanded_again() {
    let variables = json!({ "a": "{{ b }}", "b": "{{{{ {{ a }}", "c": { "d": "{{" } });
    let template = Template::parse("{{ a }}|{{ b }}|{{ c.d }} a }}");
    let rendered = template.bind_json(variables.as_object().unwrap()).to_string();
    assert_eq!(rendered, "{{ b }}|{{{{ {{ a }}|{{ a }}");
}

#[test]
fn dotted_names_reach_into_objects_only() {
    let variables = json!({ "a": { "b": { "c": 1 } }, "list": ["x"], "text": "y", "null": null });
    let template = Template::parse("{{a.b.c}} {{a.b}} {{list.0}} {{text.b}} {{a.}} {{null}} {{null.a}}");
    let binding = template.bind_json(variables.as_object().unwrap());
    assert_eq!(binding.to_string(), r#"1 {"c":1} {{list.0}} {{text.b}} {{a.}}  {{null.a}}"#);
    assert_eq!(binding.missing().collect::<Vec<_>>(), ["list.0", "text.b", "a.", "null.a"]);
}

#[test]
fn a_length_beyond_memory_is_known_before_anything_is_written() {
    let template = Template::parse("{{ a }}".repeat(100_000));
    let value = "x".repeat(1 << 20);
    assert_eq!(template.bind(|_| Some(value.as_str())).rendered_len(), 100_000 << 20);
}

#[test]
fn ten_thousand_variables_render() {
    let numbers = (0..10_000).map(|number| number.to_string()).collect::<Vec<_>>();
    let source = format!("{{{{ v{} }}}}", numbers.join(" }},{{ v"));
    let template = Template::parse(source);
    let mut rendered = String::new();
    let missing = template.render(|name| name.strip_prefix('v'), &mut rendered);
    assert_eq!(template.variables().len(), 10_000);
    assert!(missing.is_empty());
    assert_eq!(rendered, numbers.join(","));
}

/// A quadratic scan of these would take minutes.
#[test]
fn hostile_megabytes_are_scanned_in_linear_time() {
    for unit in ["{", "{{ ", "{{ a", "{{ a ", "{{{ a }", "{ {", "}", "{{a}} {{{{"] {
        let source = unit.repeat((1 << 20) / unit.len());
        let template = Template::parse(source.as_str());
        let binding = template.bind(|_| None::<&str>);
        assert_eq!(binding.to_string(), source.replace("{{{{", "{{"), "{unit:?}");
    }
    let deep_space = format!("{{{{{}", " ".repeat(1 << 20));
    check_as_written(&deep_space);
}

/// Text that is likely to hold braces, names and characters of every width.
fn template_text() -> impl Strategy<Value = String> {
    let fragments =
        ["{", "{{", "}", "}}", "{{{{", "{{ a }}", "{{b.c}}", " ", "\n", "a", "é", "漢", "👩‍💻", "\u{5d0}"];
    prop::collection::vec(prop::sample::select(fragments.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

/// The rules of the README, one character at a time.
fn render_by_the_rules(text: &str, value: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{{{") {
            out.push_str("{{");
            rest = after;
        } else if let Some(after) = strip_variable(rest) {
            out.push_str(value);
            rest = after;
        } else {
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    out
}

fn strip_variable(text: &str) -> Option<&str> {
    let (inside, after) = text.strip_prefix("{{")?.split_once("}}")?;
    let name = inside.trim_matches([' ', '\t']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    is_name.then_some(after)
}

proptest! {
    #[test]
    fn rendering_follows_the_rules(text in template_text(), value in template_text()) {
        let template = Template::parse(text.as_str());
        let binding = template.bind(|_| Some(value.as_str()));
        let rendered = binding.to_string();
        prop_assert_eq!(&rendered, &render_by_the_rules(&text, &value));
        prop_assert_eq!(rendered.len(), binding.rendered_len());
    }

    #[test]
    fn without_values_only_escapes_change(text in template_text()) {
        let template = Template::parse(text.as_str());
        let binding = template.bind(|_| None::<&str>);
        let rendered = binding.to_string();
        prop_assert_eq!(rendered.len(), binding.rendered_len());
        prop_assert_eq!(&rendered, &text.replace("{{{{", "{{"));
        prop_assert_eq!(binding.missing().collect::<Vec<_>>(), extract_variables(&text));
    }

    #[test]
    fn text_without_variables_is_itself(text in any::<String>()) {
        prop_assume!(!text.contains("{{"));
        let template = Template::parse(text.as_str());
        prop_assert_eq!(template.variables().len(), 0);
        prop_assert_eq!(template.bind(|_| Some("value")).to_string(), text);
    }

    #[test]
    fn doubled_braces_write_any_text(text in template_text()) {
        let template = Template::parse(text.replace("{{", "{{{{"));
        prop_assert_eq!(template.bind(|_| Some("value")).to_string(), text);
    }

    #[test]
    fn a_value_is_copied_whatever_it_holds(value in any::<String>()) {
        let template = Template::parse("<{{ a }}>");
        prop_assert_eq!(template.bind(|_| Some(value.as_str())).to_string(), format!("<{value}>"));
    }
}
