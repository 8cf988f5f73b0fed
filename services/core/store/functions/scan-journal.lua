-- ledger1_scan_journal: the online entries of a range as they stand, also of a journal that is damaged: what
-- verification reads.
--
-- Keys:      1 account  2 journal
-- Arguments: 1 first sequence  2 last sequence
-- Reply:     base (entries up to it are in the archive), then entries from the place of `first` on, oldest
--            first; fewer than asked if they are large; none if the base has passed `first`
-- Errors:    ACCOUNT_NOT_FOUND
local SCAN_STEP = 20

local function scan_journal(keys, arguments)
  local first = argument.count(arguments[1], 1, 1e15, 'first')
  local last = argument.count(arguments[2], 1, 1e15, 'last')
  local fields = call('HMGET', keys[1], 'q', 'b')
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local base = tonumber(fields[2] or '0')
  local reply, bytes, place = { format('%d', base) }, 0, first - base - 1
  while place >= 0 and place <= last - base - 1 and bytes < limits.read_bytes do
    local step_end = place + SCAN_STEP < last - base and place + SCAN_STEP - 1 or last - base - 1
    local texts = call('LRANGE', keys[2], format('%d', place), format('%d', step_end))
    for position = 1, #texts do
      reply[#reply + 1] = texts[position]
      bytes = bytes + #texts[position]
    end
    if #texts == 0 then
      break
    end
    place = step_end + 1
  end
  return reply
end
