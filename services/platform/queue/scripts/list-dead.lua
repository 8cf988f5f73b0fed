-- Dead letters, the longest dead first. Arguments: most of them; the id and time after which to go on, or
-- empty texts. Reply: per letter id, dead since ms, attempts, enqueued ms, reason and payload.
-- Where the letter to go on after is gone, letters of the same millisecond may come again, none is missed.
local queue, most, after_id, after_ms = queue_at(KEYS, 1), tonumber(ARGV[1]), ARGV[2], ARGV[3]
local start = 0
if after_id ~= '' then
  local rank = redis.call('ZRANK', queue.dead, after_id)
  start = rank and rank + 1 or redis.call('ZCOUNT', queue.dead, '-inf', '(' .. after_ms)
end
local reply = {}
local letters = redis.call('ZRANGE', queue.dead, start, start + most - 1, 'WITHSCORES')
for i = 1, #letters, 2 do
  local id = letters[i]
  local record = queue_read(queue, id)
  reply[#reply + 1] = id
  reply[#reply + 1] = tonumber(letters[i + 1])
  reply[#reply + 1] = record.attempts
  reply[#reply + 1] = record.enqueued_ms
  reply[#reply + 1] = redis.call('HGET', queue.reasons, id)
  reply[#reply + 1] = redis.call('HGET', queue.payloads, id)
end
return reply
