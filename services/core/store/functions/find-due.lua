-- ledger1_find_due: what is due in several expiry indexes, soonest first.
--
-- Keys:      expiry indexes
-- Arguments: 1 time in ms  2 most members of each  3 … for each index how many members to pass over
-- Reply:     for each index a list of member, score, …
-- Errors:    ARGUMENT_INVALID
local function find_due(keys, arguments)
  if #arguments ~= #keys + 2 then
    refuse('ARGUMENT_INVALID', { argument = 'skip' })
  end
  local replies = {}
  for number = 1, #keys do
    replies[number] = call('ZRANGE', keys[number], '-inf', arguments[1], 'BYSCORE',
      'LIMIT', arguments[number + 2], arguments[2], 'WITHSCORES')
  end
  return replies
end
