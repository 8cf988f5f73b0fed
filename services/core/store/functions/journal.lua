-- Reading the journal: position in the list = sequence − base.
local journal = {}

-- Small steps bound what one reading holds, whatever the entries' sizes.
local READ_STEP = 10

-- Sequence, base, currency code, ledger scale, creation ms, as texts.
function journal.head(key)
  local fields = call('HMGET', key, 'q', 'b', 'y', 'd', 'n')
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  fields[2] = fields[2] or '0'
  return fields
end

-- Online entries `first` to `last`, oldest first; begins with `last` if `from_end`. Ends early once it has
-- enough bytes, so that what is returned is connected and begins where asked.
function journal.range(key, base, first, last, from_end)
  local steps, count, bytes = {}, 0, 0
  while first <= last and bytes < limits.read_bytes do
    local low = from_end and last - READ_STEP + 1 > first and last - READ_STEP + 1 or first
    local high = from_end and last or (low + READ_STEP - 1 < last and low + READ_STEP - 1 or last)
    local texts = call('LRANGE', key, format('%d', low - base - 1), format('%d', high - base - 1))
    if #texts ~= high - low + 1 then
      corrupt('journal length')
    end
    for position = 1, #texts do
      bytes = bytes + #texts[position]
    end
    steps[#steps + 1] = texts
    count = count + #texts
    if from_end then
      last = low - 1
    else
      first = high + 1
    end
  end
  return journal.join(steps, from_end)
end

function journal.join(steps, from_end)
  local entries = {}
  for number = 1, #steps do
    local texts = steps[from_end and #steps - number + 1 or number]
    for position = 1, #texts do
      entries[#entries + 1] = texts[position]
    end
  end
  return entries
end

-- Sequence of the last online entry before a time, by halving, since times never go back; the base if there
-- is none.
function journal.last_before(key, base, sequence, time)
  local low, high = base, sequence
  while low < high do
    local middle = low + floor((high - low + 1) / 2)
    local text = call('LINDEX', key, format('%d', middle - base - 1))
    local entry_time = match(text or '', '^%d+\31%d+\31(%d+)\31')
    if not entry_time then
      corrupt('journal entry')
    elseif tonumber(entry_time) < time then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end
