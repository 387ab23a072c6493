-- Counts one request in a fixed window that begins with its first one. A request beyond the limit is not counted.
-- KEYS: window. ARGV: limit, length of a window in milliseconds.
-- Answers {1 if it is admitted, how many were counted, milliseconds until the window ends}.
local limit = tonumber(ARGV[1])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  used = 0
  left = tonumber(ARGV[2])
end
if used >= limit then
  return {0, used, left}
end
redis.call('SET', KEYS[1], used + 1, 'PX', left)
return {1, used + 1, left}
