-- Appends one entry to the audit log, if its head is still the one that the entry was chained to.
--
-- KEYS: head, entries of the chunk, contents of the chunk, intents.
-- ARGV: head expected ('' for an empty log), head after it, sequence, entry, content ('' for none),
--       id of the intent that it ends ('' for none), '1' if that intent must still be open.
-- Reply: {'APPENDED'}, also when this entry stands there already: a repeat after a lost reply;
--        {'MOVED', head}: another was appended; {'CLOSED'}: the intent has ended;
--        {'TAKEN'}: an entry with this number stands beyond the head, which must have been set back.
local head = redis.call('GET', KEYS[1]) or ''
local present = redis.call('HGET', KEYS[2], ARGV[3])
if present == ARGV[4] then
  return {'APPENDED'}
end
if head ~= ARGV[1] then
  return {'MOVED', head}
end
if present then
  return {'TAKEN'}
end
if ARGV[7] == '1' and redis.call('HEXISTS', KEYS[4], ARGV[6]) == 0 then
  return {'CLOSED'}
end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[3], ARGV[5])
end
if ARGV[6] ~= '' then
  redis.call('HDEL', KEYS[4], ARGV[6])
end
redis.call('SET', KEYS[1], ARGV[2])
return {'APPENDED'}
