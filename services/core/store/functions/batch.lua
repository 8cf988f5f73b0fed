-- ledger1_debit_batch (charges and new holds), ledger1_settle_batch (commits and releases) and ledger1_expire_batch
-- (expiries of holds and grants), of which the latter two may run when memory is full: several operations with one
-- call. Each runs by itself, one after the other, as if it were called alone: one that is refused or fails has
-- changed nothing and concerns no other.
--
-- Keys:      those of each operation, one after the other
-- Arguments: 1 the operations in MessagePack: a list of { name, number of keys, argument … }
-- Reply:     for each operation a text: what it replies, joined by FIELD_END; or "!" and its error
-- Errors:    ARGUMENT_INVALID
local batch = {}

-- Operations by name, as register.lua makes them callable.
local registered = {}

-- The operations of a call: name, keys and arguments of each.
local function unpack_operations(operations, keys, arguments)
  local unpacked, items = pcall(cmsgpack.unpack, arguments[1])
  local first_key, list = 1, {}
  for number = 1, unpacked and #items or 0 do
    local item = items[number]
    local key_count = tonumber(item[2])
    list[number] = {
      operation = operations[item[1]], keys = { unpack(keys, first_key, first_key + key_count - 1) },
      arguments = { unpack(item, 3) },
    }
    first_key = first_key + key_count
    unpacked = unpacked and list[number].operation
  end
  if not unpacked or first_key ~= #keys + 1 then
    refuse('ARGUMENT_INVALID', { argument = 'operations' })
  end
  return list
end

local function reply_text(reply)
  return reply.err and '!' .. reply.err or concat(reply, FIELD_END)
end

-- The function that runs the operations of these names, which have been registered before it.
function batch.of(names)
  local operations = {}
  for position = 1, #names do
    operations[names[position]] = registered[names[position]]
  end
  return function(keys, arguments)
    local list, replies = unpack_operations(operations, keys, arguments), {}
    for number = 1, #list do
      local item = list[number]
      replies[number] = reply_text(run(item.operation, item.keys, item.arguments))
    end
    return replies
  end
end
