-- ledger1_read_entry: a journal entry by sequence.
--
-- Keys:      1 account  2 journal
-- Arguments: 1 sequence
-- Reply:     entry, currency code, ledger scale
-- Errors:    TRANSACTION_NOT_FOUND
local function read_entry(keys, arguments)
  local sequence = arguments[1]
  local fields = call('HMGET', keys[1], 'q', 'b', 'y', 'd')
  if not fields[1] or argument.count(sequence, 1, 1e15, 'sequence') > tonumber(fields[1]) then
    refuse('TRANSACTION_NOT_FOUND')
  end
  local b = { keys = keys, stored = tonumber(fields[1]), base = tonumber(fields[2] or '0') }
  local text = book.entry_at(b, sequence)
  if not text then
    corrupt('journal length')
  end
  return { text, fields[3], fields[4] }
end
