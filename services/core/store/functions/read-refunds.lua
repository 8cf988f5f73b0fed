-- ledger1_read_refunds: what was given back of some entries.
--
-- Keys:      1 refunds
-- Arguments: sequences, at most limits.read_entries
-- Reply:     refunded atoms of each, "" for nothing
local function read_refunds(keys, arguments)
  for position = 1, #arguments do
    argument.count(arguments[position], 1, 1e15, 'sequence')
  end
  if #arguments < 1 or #arguments > limits.read_entries then
    refuse('ARGUMENT_INVALID', { argument = 'sequences' })
  end
  local amounts = call('HMGET', keys[1], unpack(arguments))
  for position = 1, #arguments do
    amounts[position] = amounts[position] or ''
  end
  return amounts
end
