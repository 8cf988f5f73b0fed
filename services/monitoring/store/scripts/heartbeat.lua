-- Notes how far a reader of an outbox is, with the time of Redis, and lifts the mark that it is lagged only when
-- the reader has made up for it.
--
-- KEYS[1]  readers of the bucket, a hash
-- ARGV     reader, id of the last entry it has processed, "1" if it has made up for what it missed
-- Reply    1 if the ledger does not wait for the reader, else 0
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored and string.find(stored, ',lagged', 1, true) and ARGV[3] ~= '1' then
  return 1
end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ',' .. now)
return 0
