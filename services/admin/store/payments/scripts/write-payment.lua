-- Writes a payment that has the expected version, with its indexes.
--
-- KEYS     1 record, 2 all, 3 of account, 4 unapplied, 5 by Stripe's id
-- ARGV     payment id, expected version (0: none), JSON, member of the time indexes, 1 if unapplied or 0,
--          then ids of objects of Stripe's
-- Reply    {'WRITTEN'}; or {'MISMATCH'}, {'TAKEN', Stripe's id, payment that has it}: nothing was changed
local ID, JSON, MEMBER = ARGV[1], ARGV[3], ARGV[4]
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or 0)
if version ~= tonumber(ARGV[2]) then
  return { 'MISMATCH' }
end
for position = 6, #ARGV do
  local holder = redis.call('HGET', KEYS[5], ARGV[position])
  if holder and holder ~= ID then
    return { 'TAKEN', ARGV[position], holder }
  end
end
for number = 2, 4 do
  redis.call('ZCARD', KEYS[number])
end
-- Every key has its type: nothing below can fail.
redis.call('HSET', KEYS[1], 'version', version + 1, 'json', JSON)
redis.call('ZADD', KEYS[2], 0, MEMBER)
redis.call('ZADD', KEYS[3], 0, MEMBER)
if ARGV[5] == '1' then
  redis.call('ZADD', KEYS[4], 0, MEMBER)
else
  redis.call('ZREM', KEYS[4], MEMBER)
end
for position = 6, #ARGV do
  redis.call('HSET', KEYS[5], ARGV[position], ID)
end
return { 'WRITTEN' }
