-- Frees a lease unless somebody else took it meanwhile; the token stays.
--
-- KEYS[1]  lease
-- ARGV     holder, token
local stored = redis.call('HMGET', KEYS[1], 'token', 'holder')
if stored[1] == ARGV[2] and stored[2] == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'holder', 'expires')
end
return 1
