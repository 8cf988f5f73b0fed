-- Writes versions of documents, all or none, and publishes that in the same step.
--
-- KEYS     1–5 of the collection; 6 staged (only if the writes were laid aside there)
-- ARGV     name of the collection, most documents in it, most versions of one, number of writes, most ids in a
--          change, then (unless staged) id and write in turns. A write is
--          `<expected version> <L or A> <JSON text, empty for A>`.
-- Reply    {'WRITTEN', then per write: id, version, 1 if it changed something or 0, record's revision, time}
--          {'MISMATCH', number of them, id, present version, state}
--          {'STAGING_LOST'}, {'TOO_MANY_DOCUMENTS'}, {'TOO_MANY_VERSIONS', id}: nothing was changed
--
-- A write whose effect is there already (same text and state, at the expected version or the one after) changes
-- nothing and is answered as written: so a repeat after a lost reply is harmless.
local NAME, MOST_DOCUMENTS, MOST_VERSIONS = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local COUNT, MOST_IDS = tonumber(ARGV[4]), tonumber(ARGV[5])
-- unpack() takes a few thousand values at most.
local AT_ONCE = 1000

local function read_writes()
  if not KEYS[6] then
    return ARGV, 6
  end
  return redis.call('HGETALL', KEYS[6]), 1
end

-- A missing permission would otherwise show in the midst of the writes.
local function require_permissions()
  local writes = { { 'HSET', 1 }, { 'HSET', 2 }, { 'ZADD', 3 }, { 'SET', 4 }, { 'XADD', 5 } }
  for _, write in ipairs(writes) do
    if not redis.acl_check_cmd(write[1], KEYS[write[2]], '1', '1', '1') then
      error({ err = 'NOPERM ' .. write[1] .. ' on ' .. KEYS[write[2]] })
    end
  end
end

local function call_in_parts(command, key, arguments)
  for first = 1, #arguments, AT_ONCE do
    redis.call(command, key, unpack(arguments, first, math.min(first + AT_ONCE - 1, #arguments)))
  end
end

-- Everything is read, and by that the type of every key checked, before the first write.
local list, start = read_writes()
if #list - start + 1 ~= 2 * COUNT then
  return { 'STAGING_LOST' }
end
require_permissions()
local document_count = redis.call('ZCARD', KEYS[3])
local revision = tonumber(redis.call('GET', KEYS[4]) or 0) + 1
local feed_before = feed_position(KEYS[5])
redis.call('HLEN', KEYS[2])
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local reply, heads, records, ids, changed_ids = { 'WRITTEN' }, {}, {}, {}, {}
local mismatches, mismatch = 0, nil
for position = start, #list, 2 do
  local id = list[position]
  local expected, state, body_start = string.match(list[position + 1], '^(%d+) ([LA]) ()')
  expected = tonumber(expected)
  local body = string.sub(list[position + 1], body_start)
  local version = current_version(id)
  local present = version > 0 and parse_record(id, redis.call('HGET', KEYS[2], field_of(id, version)))
  local is_there = present and present.state == state and (state == 'A' or present.body == body)
  if is_there and (expected == version or expected == version - 1) then
    reply[#reply + 1] = { id, version, 0, present.revision, present.time }
  elseif expected ~= version then
    mismatches = mismatches + 1
    mismatch = mismatch or { id, version, present and present.state or '' }
  elseif version >= MOST_VERSIONS then
    return { 'TOO_MANY_VERSIONS', id }
  else
    if state == 'A' then
      body = present.body
    end
    heads[#heads + 1], heads[#heads + 2] = id, string.format('%.0f', version + 1)
    records[#records + 1] = field_of(id, version + 1)
    records[#records + 1] = string.format('%.0f %s %s ', revision, now, state) .. body
    if version == 0 then
      ids[#ids + 1], ids[#ids + 2] = '0', id
    end
    changed_ids[#changed_ids + 1] = id
    reply[#reply + 1] = { id, version + 1, 1, revision, now }
  end
end
if mismatches > 0 then
  return { 'MISMATCH', mismatches, mismatch[1], mismatch[2], mismatch[3] }
end
if document_count + #ids / 2 > MOST_DOCUMENTS then
  return { 'TOO_MANY_DOCUMENTS' }
end

-- Nothing below can fail.
if #changed_ids > 0 then
  call_in_parts('HSET', KEYS[2], records)
  call_in_parts('HSET', KEYS[1], heads)
  call_in_parts('ZADD', KEYS[3], ids)
  redis.call('SET', KEYS[4], string.format('%.0f', revision))
  local change = { collection = NAME, revision = revision }
  if #changed_ids <= MOST_IDS then
    change.ids = changed_ids
  end
  feed_publish(KEYS[5], feed_before, cjson.encode(change))
end
if KEYS[6] then
  redis.call('UNLINK', KEYS[6])
end
return reply
