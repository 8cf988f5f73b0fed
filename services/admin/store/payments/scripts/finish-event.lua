-- Notes what became of an event. One that had its effect keeps showing it, with its transaction, when a later attempt
-- finds nothing to do: that attempt is counted alone. A failure is shown beside it.
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
local kept = {}
local old = redis.call('HMGET', KEYS[1], 'state', 'transaction', 'processed')
local has_transaction = false
for position = 5, #ARGV, 2 do
  if ARGV[position] == 'transaction' and ARGV[position + 1] ~= '' then
    has_transaction = true
  end
end
if not has_transaction and (old[2] or (old[1] == 'APPLIED' and STATE ~= 'APPLIED')) then
  kept.effect, kept.transaction = true, true
  if STATE ~= 'FAILED' then
    STATE = 'APPLIED'
    kept.processed = old[3]
  end
end
redis.call('HSET', KEYS[1], 'state', STATE)
if ARGV[4] == '1' then
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
end
for position = 5, #ARGV, 2 do
  local name, value = ARGV[position], ARGV[position + 1]
  if not kept[name] then
    if value == '' then
      redis.call('HDEL', KEYS[1], name)
    else
      redis.call('HSET', KEYS[1], name, value)
    end
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
