-- Extends a lease that nobody took meanwhile.
--
-- KEYS[1]  lease
-- ARGV     holder, token, time to live in ms
-- Reply    1, or 0 if it is lost
local stored = redis.call('HMGET', KEYS[1], 'token', 'holder')
if stored[1] ~= ARGV[2] or stored[2] ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'expires', string.format('%.0f', now + ARGV[3]))
return 1
