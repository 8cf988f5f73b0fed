-- Notes that something is about to be done. KEYS: intents. ARGV: id, intent, most open ones.
-- Reply: 1, also for a repeat; 0 if too many are open.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
