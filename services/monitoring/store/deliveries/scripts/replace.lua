-- Replaces a delivery's record if it is still what the caller read.
-- Keys: records, pending of its channel, statuses. Arguments: id, expected record, new record, 1 if it is still
-- pending, channel id, what the channel's status shall say (empty: leaves it).
-- Reply: 1, or 0 if it changed meanwhile or is gone.
local records, pending, statuses = KEYS[1], KEYS[2], KEYS[3]
redis.call('SCARD', pending)
redis.call('HLEN', statuses)
if redis.call('HGET', records, ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', records, ARGV[1], ARGV[3])
if ARGV[4] == '0' then redis.call('SREM', pending, ARGV[1]) end
if ARGV[6] ~= '' then redis.call('HSET', statuses, ARGV[5], ARGV[6]) end
return 1
