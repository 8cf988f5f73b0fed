-- Removes a message that was handled. Arguments: id, delivery. Reply: 1, or 0 if the lease was lost.
local queue, id = queue_at(KEYS, 1), ARGV[1]
local record = queue_read(queue, id)
if not record or queue_text(record.deliveries) ~= ARGV[2] then return 0 end
if redis.call('ZREM', queue.leased, id) == 0 then return 0 end
redis.call('HDEL', queue.payloads, id)
redis.call('HDEL', queue.records, id)
redis.call('HDEL', queue.reasons, id)
return 1
