-- Reads whole hashes.
--
-- KEYS   hashes
-- Reply  of each its fields and values
local replies = {}
for position = 1, #KEYS do
  replies[position] = redis.call('HGETALL', KEYS[position])
end
return replies
