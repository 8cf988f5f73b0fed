-- ledger1_read_entries: a range of the journal's online part.
--
-- Keys:      1 account  2 journal
-- Arguments: 1 first sequence  2 last sequence  3 most entries  4 "1" begins with the last
-- Reply:     sequence, base, currency code, ledger scale, creation ms of the account; then the entries,
--            oldest first. They are connected and begin (or, with 4, end) where the range does, though after
--            the base and not after the journal's end; fewer than asked if they are large.
-- Errors:    ACCOUNT_NOT_FOUND
local function read_entries(keys, arguments)
  local first = argument.count(arguments[1], 0, 1e15, 'first')
  local last = argument.count(arguments[2], 0, 1e15, 'last')
  local most = argument.count(arguments[3], 0, limits.read_entries, 'most')
  argument.letter(arguments[4], '01', 'from_end')
  local reply, from_end = journal.head(keys[1]), arguments[4] == '1'
  local sequence, base = tonumber(reply[1]), tonumber(reply[2])
  if not from_end and first <= base then
    -- The range begins with archived entries.
    return reply
  end
  first, last = first > base and first or base + 1, last < sequence and last or sequence
  if from_end then
    first = last - most + 1 > first and last - most + 1 or first
  else
    last = first + most - 1 < last and first + most - 1 or last
  end
  local entries = journal.range(keys[2], base, first, last, from_end)
  for position = 1, #entries do
    reply[5 + position] = entries[position]
  end
  return reply
end
