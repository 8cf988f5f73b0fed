-- Reads versions of a document, newest first.
--
-- KEYS     1–2 of the collection
-- ARGV     id, version before which to begin (0: the latest is the first), most versions, most bytes
-- Reply    {version, record} per version
local id, before, most, most_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local version = current_version(id)
if before > 0 then
  version = math.min(version, before - 1)
end
local reply, bytes = {}, 0
while version > 0 and #reply < most and bytes < most_bytes do
  local record = redis.call('HGET', KEYS[2], field_of(id, version)) or corrupt(id)
  reply[#reply + 1] = { version, record }
  bytes = bytes + #record
  version = version - 1
end
return reply
