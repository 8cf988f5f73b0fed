-- Keys of a collection, in the order in which every script takes them (what it does not need is left out at the
-- end):
--   1 heads      hash    id → number of the latest version
--   2 versions   hash    <version>:<id> → record, never changed once written, save by redact.lua
--   3 ids        zset    all ids with score 0, in the order of their bytes
--   4 revision   string  counts the writes; all documents of one write carry the same
--   5 feed       stream  see feed.lua
-- A record is `<revision> <epoch ms> <L live or A archived> <JSON text>`.
local function field_of(id, version)
  return string.format('%.0f', version) .. ':' .. id
end

local function corrupt(id)
  error({ err = 'DOCUMENT_CORRUPT a version is missing or no record: ' .. id })
end

local function parse_record(id, record)
  local revision, time, state, start = string.match(record or '', '^(%d+) (%d+) ([LA]) ()')
  if not revision then
    corrupt(id)
  end
  return { revision = tonumber(revision), time = time, state = state, body = string.sub(record, start) }
end

local function current_version(id)
  return tonumber(redis.call('HGET', KEYS[1], id) or 0)
end
