-- Takes back what outlived its lease, then leases what is due.
-- Arguments: most messages to lease, length of the lease in ms, most attempts, bound of dead letters.
-- Reply: ms until something may be due (-1: nothing waits), then per message id, delivery, attempt, enqueued ms
-- and payload.
local queue = queue_at(KEYS, 1)
local most, lease_ms = tonumber(ARGV[1]), tonumber(ARGV[2])
local max_attempts, max_dead = tonumber(ARGV[3]), tonumber(ARGV[4])
local now_ms = queue_now_ms()
local taken_back_at_once = 100

local function due(key, count)
  return redis.call('ZRANGEBYSCORE', key, '-inf', queue_text(now_ms), 'LIMIT', 0, count)
end

for _, id in ipairs(due(queue.leased, taken_back_at_once)) do
  local record = queue_read(queue, id)
  if record.attempts >= max_attempts then
    queue_bury(queue, id, 'the worker ended or stalled before the message was handled', now_ms, max_dead)
  else
    redis.call('ZREM', queue.leased, id)
    redis.call('ZADD', queue.waiting, queue_text(now_ms), id)
  end
end

local reply = { -1 }
if redis.call('HGET', queue.control, 'paused') == '1' then return reply end
for _, id in ipairs(due(queue.waiting, most)) do
  local record = queue_read(queue, id)
  record.deliveries = record.deliveries + 1
  record.attempts = record.attempts + 1
  redis.call('ZREM', queue.waiting, id)
  redis.call('ZADD', queue.leased, queue_text(now_ms + lease_ms), id)
  queue_write(queue, id, record)
  reply[#reply + 1] = id
  reply[#reply + 1] = record.deliveries
  reply[#reply + 1] = record.attempts
  reply[#reply + 1] = record.enqueued_ms
  reply[#reply + 1] = redis.call('HGET', queue.payloads, id)
end

for _, key in ipairs({ queue.waiting, queue.leased }) do
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] then
    local wait_ms = math.max(0, tonumber(first[2]) - now_ms)
    if reply[1] < 0 or wait_ms < reply[1] then reply[1] = wait_ms end
  end
end
return reply
