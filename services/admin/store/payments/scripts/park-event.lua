-- Parks an event until the payment of its payment intent is known, unless it is known by now.
--
-- KEYS     1 record, 2 parked, 3 payments by Stripe's id, 4 failed
-- ARGV     event id, payment intent, time to live in ms
-- Reply    1, or 0 if the payment is known
if redis.call('HEXISTS', KEYS[3], ARGV[2]) == 1 then
  return 0
end
local received = redis.call('HGET', KEYS[1], 'received')
redis.call('SCARD', KEYS[2])
redis.call('ZCARD', KEYS[4])
-- Every key has its type: nothing below can fail.
if received then
  redis.call('HSET', KEYS[1], 'state', 'PARKED')
  redis.call('HINCRBY', KEYS[1], 'attempts', 1)
  redis.call('HDEL', KEYS[1], 'error', 'next')
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  redis.call('ZREM', KEYS[4], string.format('%013.0f', tonumber(received)) .. ':' .. ARGV[1])
end
return 1
