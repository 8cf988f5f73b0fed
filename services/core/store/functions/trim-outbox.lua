-- ledger1_trim_outbox: removes from a bucket's outbox what every reader has processed, save a tail. A reader
-- that is silent or too far behind is marked as lagged and no longer waited for. May run when memory is full.
--
-- Readers stand in a hash, by their ids: <id of the last entry processed>,<heartbeat in epoch ms by TIME>, and
-- ",lagged" after it once marked. A reader sets its field anew with each heartbeat, which lifts the mark. The
-- entry at the slowest reader's position stays, and the last one: an outbox whose first entry is later than a
-- reader's position has lost something that this reader did not see.
--
-- Keys:      1 outbox  2 readers
-- Arguments: 1 most entries  2 longest silence of a reader in ms  3 age in ms up to which entries stay
-- Reply:     entries left, entries removed, then for each lagged reader its id and "1" if it was marked now,
--            else "0"
local READER = '^(%d+)%-?(%d*),(%d+)(.*)$'

local function is_earlier(a, b)
  return a.ms < b.ms or (a.ms == b.ms and a.number < b.number)
end

local function position_of(ms, number)
  return { ms = tonumber(ms), number = tonumber(number) or 0, text = ms .. '-' .. (number ~= '' and number or '0') }
end

-- The readers to wait for, slowest last; the others go to `lagged` or, after a long silence, to `forgotten`.
local function read_readers(key, now, silence)
  local flat, waiting, lagged, forgotten = call('HGETALL', key), {}, {}, {}
  for at = 1, #flat, 2 do
    local ms, number, heartbeat, mark = match(flat[at + 1], READER)
    local reader = { id = flat[at], value = flat[at + 1] }
    local age = heartbeat and now - tonumber(heartbeat)
    if age and age > limits.reader_kept_ms then
      forgotten[#forgotten + 1] = reader.id
    elseif not age or mark ~= '' then
      lagged[#lagged + 1] = reader
    else
      reader.position = position_of(ms, number)
      reader.is_silent = age > silence
      waiting[#waiting + 1] = reader
    end
  end
  sort(waiting, function(a, b) return is_earlier(b.position, a.position) end)
  return waiting, lagged, forgotten
end

-- What is trimmed, with the readers that matter.
local function open_outbox(keys, now, silence)
  local o = { keys = keys, length = call('XLEN', keys[1]), removed = 0, last = { ms = 0, number = 0, text = '0-0' } }
  local last = call('XREVRANGE', keys[1], '+', '-', 'COUNT', '1')[1]
  if last then
    o.last = position_of(match(last[1], '^(%d+)%-(%d+)$'))
  end
  o.waiting, o.lagged, o.forgotten = read_readers(keys[2], now, silence)
  return o
end

local function trim_to(o, strategy, threshold)
  local removed = call('XTRIM', o.keys[1], strategy, threshold)
  o.length, o.removed = o.length - removed, o.removed + removed
end

local function mark_lagged(o, position)
  local reader = remove(o.waiting, position)
  reader.is_new = true
  call('HSET', o.keys[2], reader.id, reader.value .. ',lagged')
  o.lagged[#o.lagged + 1] = reader
end

local function earliest(a, reader)
  return reader and is_earlier(reader.position, a) and reader.position or a
end

local function trim_outbox(keys, arguments)
  local most = argument.count(arguments[1], 1, 1e9, 'most_entries')
  local silence = argument.count(arguments[2], 1, limits.reader_kept_ms, 'silence_ms')
  local tail = argument.count(arguments[3], 0, DAY_MS, 'tail_ms')
  local now = read_clock()
  local o = open_outbox(keys, now, silence)
  -- Nothing below can fail, and each step may stand alone.
  for position = 1, #o.forgotten do
    call('HDEL', keys[2], o.forgotten[position])
  end
  for position = #o.waiting, 1, -1 do
    if o.waiting[position].is_silent then
      mark_lagged(o, position)
    end
  end
  local tail_start = position_of(format('%d', now - tail), '0')
  local kept_from = is_earlier(tail_start, o.last) and tail_start or o.last
  trim_to(o, 'MINID', earliest(kept_from, o.waiting[#o.waiting]).text)
  while o.length > most and #o.waiting > 0 do
    trim_to(o, 'MINID', earliest(o.last, o.waiting[#o.waiting]).text)
    if o.length > most then
      mark_lagged(o, #o.waiting)
    end
  end
  if o.length > most then
    trim_to(o, 'MAXLEN', format('%d', most))
  end
  local reply = { format('%d', o.length), format('%d', o.removed) }
  for position = 1, #o.lagged do
    local reader, size = o.lagged[position], #reply
    reply[size + 1], reply[size + 2] = reader.id, reader.is_new and '1' or '0'
  end
  return reply
end
