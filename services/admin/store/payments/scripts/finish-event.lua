-- Notes what became of an event.
--
-- KEYS     1 record, 2 failed, 3 of payment (the same as 2 if none is known)
-- ARGV     event id, state, time to live of an index in ms, 1 if this was an attempt or 0, then fields and values
--          in turns; an empty value removes the field
-- Reply    1, or 0 if the event is no longer there
local ID, STATE, TTL = ARGV[1], ARGV[2], ARGV[3]
local received = redis.call('HGET', KEYS[1], 'received')
if not received then
  return 0
end
local member = string.format('%013.0f', tonumber(received)) .. ':' .. ID
redis.call('ZCARD', KEYS[2])
redis.call('ZCARD', KEYS[3])
-- Every key has its type: nothing below can fail.
redis.call('HSET', KEYS[1], 'state', STATE)
if ARGV[4] == '1' then
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
end
for position = 5, #ARGV, 2 do
  if ARGV[position + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[position])
  else
    redis.call('HSET', KEYS[1], ARGV[position], ARGV[position + 1])
  end
end
if KEYS[3] ~= KEYS[2] then
  redis.call('ZADD', KEYS[3], 0, member)
  redis.call('PEXPIRE', KEYS[3], TTL)
end
if STATE == 'FAILED' then
  redis.call('ZADD', KEYS[2], 0, member)
else
  redis.call('ZREM', KEYS[2], member)
end
return 1
