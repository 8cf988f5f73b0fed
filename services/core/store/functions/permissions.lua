-- The writes of an operation, as command and key position, are checked against the caller's permissions
-- before it begins: Redis would refuse a forbidden command in the midst of the write block.
local function require_permissions(writes, keys)
  for position = 1, #writes do
    local write = writes[position]
    -- The arguments after the key stand for any; only command and key are judged.
    if not may_run(write[1], keys[write[2]], '0', '0', '0') then
      error({ err = 'NOPERM the ledger needs permission to run ' .. write[1] .. ' on its keys' })
    end
  end
end
