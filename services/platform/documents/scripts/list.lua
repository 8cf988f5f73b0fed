-- Lists documents in the order of their ids, as they were at a revision: what is written while somebody pages
-- through does not change the pages.
--
-- KEYS     1–4 of the collection
-- ARGV     lowest and highest id as ZRANGE BYLEX takes them, most ids, revision (empty: the present one),
--          1 if archived ones are wanted or 0, most bytes
-- Reply    {revision, id to go on after (empty: that was all), then per document {id, version, record}}
local most, archived_too, most_bytes = tonumber(ARGV[3]), ARGV[5] == '1', tonumber(ARGV[6])
local revision = tonumber(redis.call('GET', KEYS[4]) or 0)
if ARGV[4] ~= '' then
  revision = math.min(revision, tonumber(ARGV[4]))
end

local function read_record(id, version)
  local record = redis.call('HGET', KEYS[2], field_of(id, version))
  return parse_record(id, record), record
end

-- The newest version at the revision; 0 if there was none. Revisions grow with versions.
local function version_at(id)
  local highest = current_version(id)
  if highest == 0 then
    corrupt(id)
  end
  if read_record(id, highest).revision <= revision then
    return highest
  end
  local lowest = 0
  highest = highest - 1
  while lowest < highest do
    local middle = math.ceil((lowest + highest) / 2)
    if read_record(id, middle).revision <= revision then
      lowest = middle
    else
      highest = middle - 1
    end
  end
  return lowest
end

local ids = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, most)
local reply, bytes, last = { revision, '' }, 0, nil
for number = 1, #ids do
  local id = ids[number]
  local version = version_at(id)
  if version > 0 then
    local parsed, record = read_record(id, version)
    if archived_too or parsed.state == 'L' then
      reply[#reply + 1] = { id, version, record }
      bytes = bytes + #record
    end
  end
  if (bytes >= most_bytes or number == most) then
    last = id
    break
  end
end
reply[2] = last or ''
return reply
