-- Ends an attempt without success: the message waits, or is given up.
-- Arguments: id, delivery, reason, ms to wait (-1: give up now), most attempts, bound of dead letters, and 0 if
-- the attempt shall not count.
-- Reply: WAITING, DEAD, or LOST if the lease was lost.
local queue, id, reason = queue_at(KEYS, 1), ARGV[1], ARGV[3]
local wait_ms, max_attempts, max_dead = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local record = queue_read(queue, id)
if not record or queue_text(record.deliveries) ~= ARGV[2] then return 'LOST' end
if not redis.call('ZSCORE', queue.leased, id) then return 'LOST' end
local now_ms = queue_now_ms()
if ARGV[7] == '0' then
  record.attempts = record.attempts - 1
  queue_write(queue, id, record)
end
if wait_ms < 0 or record.attempts >= max_attempts then
  queue_bury(queue, id, reason, now_ms, max_dead)
  return 'DEAD'
end
redis.call('ZREM', queue.leased, id)
redis.call('HSET', queue.reasons, id, reason)
redis.call('ZADD', queue.waiting, queue_text(now_ms + wait_ms), id)
return 'WAITING'
