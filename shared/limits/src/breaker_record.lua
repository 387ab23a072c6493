-- Records how requests went: the same machine as `llm::breaker::Breaker::record`, by Redis' clock.
-- KEYS: breaker. ARGV: ticket, failures, successes, failures that open it, window, first and longest time that it
-- stays open, milliseconds that the state is kept. Answers the state.
local held = redis.call('HMGET', KEYS[1], 'state', 'started', 'failures', 'successes', 'openings')
local state = held[1] or 'closed'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function open(openings)
  local length = math.min(tonumber(ARGV[6]) * 2 ^ math.min(openings, 30), tonumber(ARGV[7]))
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'state', 'open', 'until', now + length, 'openings', openings + 1)
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[8]) + length)
  return 'open'
end
if state == 'half_open' and ARGV[1] == 'probe' then
  if tonumber(ARGV[2]) > 0 then
    return open(tonumber(held[5]))
  end
  redis.call('DEL', KEYS[1])
  return 'closed'
end
if state ~= 'closed' then
  -- Requests from before the opening say nothing about the provider's state now.
  return state
end
local started = tonumber(held[2] or '0')
local failures, successes = tonumber(held[3] or '0'), tonumber(held[4] or '0')
if now >= started + tonumber(ARGV[5]) then
  started, failures, successes = now, 0, 0
end
failures = failures + tonumber(ARGV[2])
successes = successes + tonumber(ARGV[3])
if failures >= tonumber(ARGV[4]) and failures >= successes then
  return open(0)
end
redis.call('HSET', KEYS[1], 'state', 'closed', 'started', started, 'failures', failures, 'successes', successes)
redis.call('PEXPIRE', KEYS[1], ARGV[8])
return 'closed'
