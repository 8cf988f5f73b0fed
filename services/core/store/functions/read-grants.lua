-- ledger1_read_grants: records of grants, active or used up.
--
-- Keys:      1 grants  2 external references
-- Arguments: sequences of the credits that made them, at most limits.read_entries
-- Reply:     the record of each
local function read_grants(keys, arguments)
  local records = {}
  for position = 1, #arguments do
    local sequence = arguments[position]
    argument.count(sequence, 1, 1e15, 'sequence')
    records[position] = call('HGET', keys[1], sequence) or call('HGET', keys[2], 'g:' .. sequence)
    if not records[position] then
      corrupt('grant')
    end
  end
  return records
end
