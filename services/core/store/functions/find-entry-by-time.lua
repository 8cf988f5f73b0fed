-- ledger1_find_entry_by_time: the last online entry before a time.
--
-- Keys:      1 account  2 journal
-- Arguments: 1 time, epoch ms
-- Reply:     its sequence, or the base if there is none online; base of the journal
-- Errors:    ACCOUNT_NOT_FOUND
local function find_entry_by_time(keys, arguments)
  local time = argument.count(arguments[1], 0, 1e15, 'time')
  local head = journal.head(keys[1])
  local base = tonumber(head[2])
  return { format('%d', journal.last_before(keys[2], base, tonumber(head[1]), time)), head[2] }
end
