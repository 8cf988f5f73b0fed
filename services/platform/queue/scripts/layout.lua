-- Shared by all scripts of a queue. Runs inside other scripts too: it defines functions and does nothing else.
--
-- A queue is seven keys of one slot:
--   1 payloads  hash  id -> payload
--   2 records   hash  id -> "<deliveries> <attempts> <enqueued ms>"
--   3 waiting   zset  id -> when it may be delivered, ms
--   4 leased    zset  id -> when its lease ends, ms
--   5 dead      zset  id -> when it was given up, ms
--   6 reasons   hash  id -> why its last attempt failed
--   7 control   hash  paused: "1"; dropped: dead letters that fell off the end
-- An id stands in exactly one of waiting, leased and dead, and in payloads and records.
-- Deliveries count for ever and tell one lease of a message from the next; attempts start anew when a dead
-- letter is delivered again.

local function queue_at(keys, first)
  return {
    payloads = keys[first], records = keys[first + 1], waiting = keys[first + 2], leased = keys[first + 3],
    dead = keys[first + 4], reasons = keys[first + 5], control = keys[first + 6],
  }
end

local function queue_now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Milliseconds without the exponent that Lua writes from 10^14 on.
local function queue_text(number)
  return string.format('%.0f', number)
end

local function queue_read(queue, id)
  local text = redis.call('HGET', queue.records, id)
  if not text then return nil end
  local deliveries, attempts, enqueued_ms = string.match(text, '^(%d+) (%d+) (%d+)$')
  return { deliveries = tonumber(deliveries), attempts = tonumber(attempts), enqueued_ms = tonumber(enqueued_ms) }
end

local function queue_write(queue, id, record)
  redis.call('HSET', queue.records, id, string.format('%.0f %.0f %.0f', record.deliveries, record.attempts, record.enqueued_ms))
end

-- Gives a message up; what then exceeds the bound of dead letters falls off, the oldest first.
local function queue_bury(queue, id, reason, now_ms, max_dead)
  redis.call('ZREM', queue.leased, id)
  redis.call('ZADD', queue.dead, queue_text(now_ms), id)
  redis.call('HSET', queue.reasons, id, reason)
  local excess = redis.call('ZCARD', queue.dead) - max_dead
  if excess <= 0 then return end
  for _, oldest in ipairs(redis.call('ZRANGE', queue.dead, 0, excess - 1)) do
    redis.call('ZREM', queue.dead, oldest)
    redis.call('HDEL', queue.payloads, oldest)
    redis.call('HDEL', queue.records, oldest)
    redis.call('HDEL', queue.reasons, oldest)
    redis.call('HINCRBY', queue.control, 'dropped', 1)
  end
end
