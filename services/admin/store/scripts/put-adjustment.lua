-- Writes or deletes an adjustment that has the version expected.
--
-- KEYS: adjustment, list of all, list of open ones, key of the decision.
-- ARGV: version expected (0: there is none), text now ('' deletes), entry of the lists, '1' if it is open,
--       fingerprint of the decision ('' for none), milliseconds that the decision's key is kept.
-- Reply: 1; 0 if the version is another; -1 if the decision's key was used for another decision.
local present = redis.call('GET', KEYS[1])
local version = present and string.match(present, '^(%d+) ') or '0'
if version ~= ARGV[1] then
  return 0
end
if ARGV[5] ~= '' then
  local used = redis.call('GET', KEYS[4])
  if used and used ~= ARGV[5] then
    return -1
  end
  redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6])
end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[3])
  redis.call('ZREM', KEYS[3], ARGV[3])
  return 1
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
if ARGV[4] == '1' then
  redis.call('ZADD', KEYS[3], 0, ARGV[3])
else
  redis.call('ZREM', KEYS[3], ARGV[3])
end
return 1
