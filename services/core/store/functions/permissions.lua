-- The writes of an operation, as command and key position, are checked against the caller's permissions
-- before it begins: Redis would refuse a forbidden command in the midst of the write block.
--
-- The arguments after the key stand for any, since only command and key are judged; but from Redis 8 on their
-- number must be one that the command takes, which is three for all but LTRIM.
local function is_permitted(command, key)
  if command == 'ltrim' then
    return may_run(command, key, '0', '0')
  end
  return may_run(command, key, '0', '0', '0')
end

local function require_permissions(writes, keys)
  for position = 1, #writes do
    local write = writes[position]
    if not is_permitted(write[1], keys[write[2]]) then
      error({ err = 'NOPERM the ledger needs permission to run ' .. write[1] .. ' on its keys' })
    end
  end
end
