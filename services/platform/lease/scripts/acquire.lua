-- Takes a lease that is free, expired, or held under the caller's own name (whose reply was lost).
--
-- KEYS[1]  lease, a hash: token, holder, expires (epoch ms). It stays, so that tokens only grow.
-- ARGV     holder, time to live in ms
-- Reply    {1, token} or {0, ms until it is free}
local stored = redis.call('HMGET', KEYS[1], 'token', 'holder', 'expires')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expires = tonumber(stored[3] or 0)
if stored[2] and stored[2] ~= ARGV[1] and expires > now then
  return { 0, expires - now }
end
-- Not below the time, so that it grows even if a failover lost the last tokens.
local token = string.format('%.0f', math.max((tonumber(stored[1] or 0)) + 1, now))
redis.call('HSET', KEYS[1], 'token', token, 'holder', ARGV[1], 'expires', string.format('%.0f', now + ARGV[2]))
return { 1, token }
