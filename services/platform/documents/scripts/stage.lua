-- Lays aside a part of a write that is too large for one command. Nothing shows until write.lua takes it over; if
-- that never comes it vanishes by itself.
--
-- KEYS[1]  staged, a hash: id → write as in write.lua
-- ARGV     time to live in ms, then id and write in turns
local ttl = table.remove(ARGV, 1)
redis.call('HSET', KEYS[1], unpack(ARGV))
redis.call('PEXPIRE', KEYS[1], ttl)
return 1
