-- What a team has set for the redaction of its events; null where it has set nothing.
select settings -> 'redaction' from teams where id = $1
