-- Reads documents.
--
-- KEYS     1–2 of the collection
-- ARGV     id and version in turns; version 0 is the latest
-- Reply    per pair {version, record}, or {} where there is none
local reply = {}
for position = 1, #ARGV, 2 do
  local id, latest = ARGV[position], current_version(ARGV[position])
  local wanted = tonumber(ARGV[position + 1])
  local version = wanted == 0 and latest or wanted
  local found = {}
  if version > 0 and version <= latest then
    found = { version, redis.call('HGET', KEYS[2], field_of(id, version)) or corrupt(id) }
  end
  reply[#reply + 1] = found
end
return reply
