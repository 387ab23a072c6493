-- A caller who insists on every variable and lacks one gets no prompt. If chance assigned the unit, that is an error of
-- its arm, which the guardrail has to see. It is no inference: no model was asked, and analytics counts none.

alter function add_to_experiments(jsonb) rename to count_in_experiments;

create function add_to_experiments(events jsonb) returns void
language sql
as $$
  select count_in_experiments(case when events @? '$[*] ? (@.type == "failure")' then (
    select jsonb_agg(
      case when event ->> 'type' = 'failure' then event || '{"type": "inference", "status": "error"}' else event end
      order by position)
    from jsonb_array_elements(events) with ordinality as elements(event, position)) else events end)
$$;
