-- A feed of changes: a stream whose entries name their predecessor, so that a reader sees what it missed.
--
-- A script that publishes calls feed_position before its first write (it fails on a key of another type, so that
-- nothing is half done) and feed_publish as its last write.
local FEED_ENTRIES_KEPT = 4096

local function feed_position(key)
  if redis.call('EXISTS', key) == 0 then
    return '0-0'
  end
  local info = redis.call('XINFO', 'STREAM', key)
  for position = 1, #info, 2 do
    if info[position] == 'last-generated-id' then
      return info[position + 1]
    end
  end
end

-- `data`: text of at most 4,096 bytes.
local function feed_publish(key, position, data)
  return redis.call('XADD', key, 'MAXLEN', '~', FEED_ENTRIES_KEPT, '*', 'after', position, 'data', data)
end
