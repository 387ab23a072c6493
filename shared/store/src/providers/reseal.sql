-- Under the installation's new key, unless somebody has set another provider key meanwhile. What is stored means the
-- same as before, so neither the revision nor the audit log has anything to say.
with resealed as (
  update providers set sealed_key = $4, encryption_key_id = $5
  where team_id = $1 and name = $2 and sealed_key = $3
  returning name
)
select to_jsonb(exists (select from resealed))
