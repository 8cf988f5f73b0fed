-- For scripts whose effect and message must be one write: queue_refusal before the first write, queue_put
-- among the writes. Needs layout.lua.

-- The message in five arguments: id, payload, delay in ms, bound of the length, bound of the payload's bytes.
local function queue_message(arguments, first)
  return {
    id = arguments[first], payload = arguments[first + 1], delay_ms = tonumber(arguments[first + 2]),
    max_length = tonumber(arguments[first + 3]), max_payload_bytes = tonumber(arguments[first + 4]),
  }
end

-- Why the message cannot be put: DUPLICATE (the queue holds its id), PAYLOAD_TOO_LARGE or FULL; nil if it can.
-- Only reads, and reads every key that queue_put writes, so that one of a wrong type fails here.
local function queue_refusal(queue, message)
  local length = redis.call('ZCARD', queue.waiting) + redis.call('ZCARD', queue.leased)
  local is_known = redis.call('HEXISTS', queue.records, message.id) + redis.call('HEXISTS', queue.payloads, message.id)
  if is_known > 0 then return 'DUPLICATE' end
  if #message.payload > message.max_payload_bytes then return 'PAYLOAD_TOO_LARGE' end
  if length >= message.max_length then return 'FULL' end
  return nil
end

local function queue_put(queue, message, now_ms)
  redis.call('HSET', queue.payloads, message.id, message.payload)
  queue_write(queue, message.id, { deliveries = 0, attempts = 0, enqueued_ms = now_ms })
  redis.call('ZADD', queue.waiting, queue_text(now_ms + message.delay_ms), message.id)
end
