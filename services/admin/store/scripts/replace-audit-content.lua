-- Replaces the content of an entry, if it is still what was read. KEYS: contents of the chunk.
-- ARGV: sequence, content as read, content now. Reply: 1 if it was replaced.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
