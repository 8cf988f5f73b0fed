-- Writes to a shard as one step, if nobody has written to it since it was read.
--
-- KEYS[1]  version of the shard, a text; the others are what is written
-- ARGV     expected version ("0" if there is none), next version, then for each write: command, number of its
--          key among KEYS, type that the key must have if it exists ("any" if it is replaced), number of its
--          arguments, the arguments
-- Reply    1, or 0 if the version is another
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then
  return 0
end
-- Redis does not roll back: a wrong type is found before the first write.
local position = 3
while position <= #ARGV do
  local key, wanted, count = KEYS[tonumber(ARGV[position + 1])], ARGV[position + 2], tonumber(ARGV[position + 3])
  if wanted ~= 'any' then
    local found = redis.call('TYPE', key).ok
    if found ~= 'none' and found ~= wanted then
      return redis.error_reply('WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. wanted)
    end
  end
  position = position + 4 + count
end
position = 3
while position <= #ARGV do
  local count = tonumber(ARGV[position + 3])
  redis.call(ARGV[position], KEYS[tonumber(ARGV[position + 1])], unpack(ARGV, position + 4, position + 3 + count))
  position = position + 4 + count
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
