-- Drops alerts that are over for long.
-- Keys: records, changes, ended, meta, acknowledgements, notified, then per alert its history and its account's key.
-- Arguments: the ids.
local records, changes, ended, meta, acknowledgements, notified = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
for i, id in ipairs(ARGV) do
  local history, account = KEYS[5 + 2 * i], KEYS[6 + 2 * i]
  local sequence = tonumber(redis.call('ZSCORE', changes, id) or '0')
  if sequence > tonumber(redis.call('HGET', meta, 'purged') or '0') then
    redis.call('HSET', meta, 'purged', string.format('%.0f', sequence))
  end
  redis.call('HDEL', records, id)
  redis.call('HDEL', acknowledgements, id)
  redis.call('HDEL', notified, id)
  redis.call('ZREM', changes, id)
  redis.call('ZREM', ended, id)
  if account ~= history then redis.call('ZREM', account, id) end
  redis.call('DEL', history)
end
return #ARGV
