-- Asks to send a request: the same machine as `llm::breaker::Breaker::admit`, by Redis' clock.
-- KEYS: breaker. ARGV: milliseconds until a silent probe is given up, milliseconds that the state is kept.
-- Answers {'ordinary', 0}, {'probe', 0} or {'refused', milliseconds until asking again is of use}.
local held = redis.call('HMGET', KEYS[1], 'state', 'until')
if not held[1] or held[1] == 'closed' then
  return {'ordinary', 0}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(held[2]) then
  return {'refused', tonumber(held[2]) - now}
end
redis.call('HSET', KEYS[1], 'state', 'half_open', 'until', now + tonumber(ARGV[1]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {'probe', 0}
