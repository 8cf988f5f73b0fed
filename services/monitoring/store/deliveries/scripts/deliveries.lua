-- Notifications on their way to channels, all keys in one slot:
--   records   hash  delivery id -> JSON
--   payloads  hash  delivery id -> what is sent
--   index     zset  delivery id, score 0: ids are in order of their time
--   pending   set   ids of one channel that wait to be sent or sent again
-- Runs inside other scripts: it defines functions and does nothing else. Needs the queue's embedded Lua.

-- Fails on a key of another type, so that nothing is half done.
local function delivery_check(records, payloads, index, pending)
  redis.call('HLEN', records)
  redis.call('HLEN', payloads)
  redis.call('ZCARD', index)
  redis.call('SCARD', pending)
end

local function delivery_drop(records, payloads, index, ids)
  for _, id in ipairs(ids) do
    redis.call('HDEL', records, id)
    redis.call('HDEL', payloads, id)
    redis.call('ZREM', index, id)
  end
end

-- Drops what is older than kept, and the oldest beyond the bound; a few at a time, since each new one does it.
local function delivery_purge(records, payloads, index, oldest_kept_id, most_kept)
  local purged_at_once = 20
  local old = redis.call('ZRANGEBYLEX', index, '-', '(' .. oldest_kept_id, 'LIMIT', 0, purged_at_once)
  delivery_drop(records, payloads, index, old)
  local excess = redis.call('ZCARD', index) - most_kept
  if excess > 0 then
    local count = math.min(excess, purged_at_once)
    delivery_drop(records, payloads, index, redis.call('ZRANGE', index, 0, count - 1))
  end
end

local function delivery_put(records, payloads, index, pending, id, record, payload, is_pending)
  redis.call('HSET', records, id, record)
  redis.call('HSET', payloads, id, payload)
  redis.call('ZADD', index, 0, id)
  if is_pending then redis.call('SADD', pending, id) end
end
