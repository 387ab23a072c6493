-- Adds what an isolate has learnt of a model's tokens to what is known. KEYS: the team's models. ARGV: model, counted,
-- reported, sum from which on what is old counts half, models that are kept before it starts anew, milliseconds that
-- it is kept. Answers "counted reported".
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[5]) then
  redis.call('DEL', KEYS[1])
end
local counted, reported = string.match(held or '', '^(%d+) (%d+)$')
counted, reported = tonumber(counted or '0'), tonumber(reported or '0')
if counted > tonumber(ARGV[4]) then
  counted, reported = math.floor(counted / 2), math.floor(reported / 2)
end
local sums = string.format('%.0f %.0f', counted + tonumber(ARGV[2]), reported + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], ARGV[1], sums)
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return sums
