with noted as (
  update experiments set evidence = $3, evidence_at = now()
  where team_id = $1 and id = $2 and evidence is distinct from $3
  returning id
)
select to_jsonb(exists (select from noted))
