-- Stores a quote once for each request of an account.
--
-- KEYS     1 quote       string: its JSON
--          2 request     string: `<fingerprint> <quote id>`, by account and idempotency key
--          3 open        zset of an account: quote id → expiry in epoch ms
-- ARGV     quote id, JSON, fingerprint, now, expiry (epoch ms), most open quotes, time to keep it in ms,
--          prefix of the keys of quotes
-- Reply    {'CREATED'}
--          {'REPLAY', JSON}  the same request came before
--          {'REUSED'}        another request came under this key
--          {'LIMIT'}         too many quotes are open
local id, json, fingerprint = ARGV[1], ARGV[2], ARGV[3]
local now, expiry, most, keep_ms, prefix = ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8]

local request = redis.call('GET', KEYS[2])
if request then
  local known, quote_id = string.match(request, '^(%S+) (%S+)$')
  local quote = known == fingerprint and redis.call('GET', prefix .. quote_id)
  if known ~= fingerprint then
    return { 'REUSED' }
  elseif quote then
    return { 'REPLAY', quote }
  end
end
if redis.call('ZCOUNT', KEYS[3], '(' .. now, '+inf') >= most then
  return { 'LIMIT' }
end
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZADD', KEYS[3], expiry, id)
redis.call('PEXPIRE', KEYS[3], keep_ms)
redis.call('SET', KEYS[1], json, 'PX', keep_ms)
redis.call('SET', KEYS[2], fingerprint .. ' ' .. id, 'PX', keep_ms)
return { 'CREATED' }
