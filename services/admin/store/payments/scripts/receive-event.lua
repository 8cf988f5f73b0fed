-- Takes an event into the inbox and into the queue, both or neither. One that is known is counted, and put into
-- the queue again if its effect is still to come.
--
-- The record, a hash: facts (JSON), origin, state, received (ms), deliveries, attempts; once known also payment,
-- account, processed (ms), next (ms), error, effect, transaction.
--
-- KEYS     1 record, 2 all, 3 of object, then those of the queue
-- ARGV     event id, facts, origin, time to live in ms, then the message's arguments
-- Reply    'NEW', the state of a known one, or FULL or PAYLOAD_TOO_LARGE: nothing was changed
local ID, FACTS, ORIGIN, TTL = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local MOST_TRIMMED = 20
local queue, message = queue_at(KEYS, 4), queue_message(ARGV, 5)
local now = queue_now_ms()
local function time_of(ms)
  return string.format('%013.0f', ms)
end

local state = redis.call('HGET', KEYS[1], 'state')
local is_due = not state or state == 'RECEIVED' or state == 'FAILED'
local refusal = is_due and queue_refusal(queue, message)
if refusal == 'FULL' or refusal == 'PAYLOAD_TOO_LARGE' then
  return refusal
end
redis.call('ZCARD', KEYS[2])
redis.call('ZCARD', KEYS[3])
-- Every key has its type: nothing below can fail.
if state then
  redis.call('HINCRBY', KEYS[1], 'deliveries', 1)
else
  local received = string.format('%.0f', now)
  redis.call('HSET', KEYS[1], 'facts', FACTS, 'origin', ORIGIN, 'state', 'RECEIVED', 'received', received,
    'deliveries', 1, 'attempts', 0)
  redis.call('PEXPIRE', KEYS[1], TTL)
  local oldest = '[' .. time_of(math.max(0, now - TTL))
  for number = 2, 3 do
    redis.call('ZADD', KEYS[number], 0, time_of(now) .. ':' .. ID)
    local gone = redis.call('ZRANGE', KEYS[number], '-', oldest, 'BYLEX', 'LIMIT', 0, MOST_TRIMMED)
    if #gone > 0 then
      redis.call('ZREM', KEYS[number], unpack(gone))
    end
  end
  redis.call('PEXPIRE', KEYS[3], TTL)
end
if is_due and not refusal then
  queue_put(queue, message, now)
end
return state or 'NEW'
