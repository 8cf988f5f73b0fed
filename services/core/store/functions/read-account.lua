-- ledger1_read_account: settings, state and columns.
--
-- Keys:      1 account  2 grants
-- Reply:     "0", time of the server in ms, then the fields of the account in the order of ACCOUNT_FIELDS,
--            "" for an absent one
-- Errors:    ACCOUNT_NOT_FOUND
local ACCOUNT_FIELDS = { 'q', 'v', 't', 'n', 'y', 'd', 'l', 'a', 'r', 'f', 's', 'x', 'z', 'c', 'm' }

local function account_reply(first, key)
  local fields = call('HMGET', key, unpack(ACCOUNT_FIELDS))
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local reply = { first, format('%d', read_clock()) }
  for position = 1, #ACCOUNT_FIELDS do
    reply[position + 2] = fields[position] or ''
  end
  return reply
end

local function read_account(keys)
  return account_reply('0', keys[1])
end
