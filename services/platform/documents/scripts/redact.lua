-- Replaces the text of one version; its number, revision, time and state stay.
--
-- KEYS     1–2 of the collection
-- ARGV     id, version, JSON text
-- Reply    1, or 0 if there is no such version
local id, version, text = ARGV[1], tonumber(ARGV[2]), ARGV[3]
if version < 1 or version > current_version(id) then
  return 0
end
local field = field_of(id, version)
local present = parse_record(id, redis.call('HGET', KEYS[2], field))
redis.call('HSET', KEYS[2], field, string.format('%.0f %s %s ', present.revision, present.time, present.state) .. text)
return 1
