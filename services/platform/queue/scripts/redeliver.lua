-- Lets dead letters wait again, with attempts counted anew. Arguments: bound of the length, then ids.
-- Reply: how many; ids that are no dead letters are passed over, and so is what the queue has no room for.
local queue, max_length = queue_at(KEYS, 1), tonumber(ARGV[1])
local length = redis.call('ZCARD', queue.waiting) + redis.call('ZCARD', queue.leased)
local now_ms = queue_now_ms()
local count = 0
for i = 2, #ARGV do
  local id = ARGV[i]
  if length + count < max_length and redis.call('ZREM', queue.dead, id) == 1 then
    local record = queue_read(queue, id)
    record.attempts = 0
    queue_write(queue, id, record)
    redis.call('ZADD', queue.waiting, queue_text(now_ms), id)
    count = count + 1
  end
end
return count
