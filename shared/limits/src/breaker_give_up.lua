-- Gives up a probe whose outcome nobody will hear of: the same machine as `llm::breaker::Breaker::give_up`, by Redis'
-- clock. The next request is a probe.
-- KEYS: breaker.
if redis.call('HGET', KEYS[1], 'state') ~= 'half_open' then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'state', 'open', 'until', now)
return 1
