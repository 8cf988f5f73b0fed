-- ledger1_create_genesis: what this bucket belongs to; written once.
--
-- Keys:      1 genesis
-- Arguments: names and values in turn
-- Reply:     the values as they stand after the call, in the order of the names
local function create_genesis(keys, arguments)
  local names = {}
  for position = 1, #arguments, 2 do
    names[#names + 1] = arguments[position]
  end
  if call('EXISTS', keys[1]) == 0 then
    call('HSET', keys[1], unpack(arguments))
  end
  return call('HMGET', keys[1], unpack(names))
end
