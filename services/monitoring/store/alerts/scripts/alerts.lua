-- Alerts, all keys in one slot:
--   records           hash  alert id -> JSON, written by the evaluator
--   acknowledgements  hash  alert id -> JSON, written by operators
--   notified          hash  alert id -> ms at which a notification about it was delivered
--   changes           zset  alert id -> number of its last change
--   active            zset  the same of those that are pending or firing
--   account:<id>      zset  the same of one account's
--   ended             zset  alert id -> ms from which it is dropped
--   history:<id>      list  its steps, JSON, the last 200
--   meta              hash  sequence: number of the last change; purged: the greatest of a dropped alert;
--                           round: how the last evaluation went, JSON
--   feed              stream of changes: the number after a write
-- Runs inside other scripts: it defines functions and does nothing else. Needs feed.lua.
local HISTORY_KEPT = 200

-- Fails on a key of another type, so that nothing is half done. Gives the feed's position.
local function alerts_check(keys)
  redis.call('HLEN', keys.records)
  redis.call('ZCARD', keys.changes)
  redis.call('ZCARD', keys.active)
  redis.call('ZCARD', keys.ended)
  redis.call('HLEN', keys.meta)
  return feed_position(keys.feed)
end

-- Gives an alert the next number. `account`: the key of its account's alerts, or nil.
local function alert_touch(keys, id, is_active, account)
  local sequence = redis.call('HINCRBY', keys.meta, 'sequence', 1)
  redis.call('ZADD', keys.changes, sequence, id)
  if is_active then redis.call('ZADD', keys.active, sequence, id) else redis.call('ZREM', keys.active, id) end
  if account then redis.call('ZADD', account, sequence, id) end
  return sequence
end

local function alert_note(history, text)
  redis.call('RPUSH', history, text)
  redis.call('LTRIM', history, -HISTORY_KEPT, -1)
end
