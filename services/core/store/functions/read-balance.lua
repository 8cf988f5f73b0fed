-- ledger1_read_balance: an account with its active grants, of one moment.
--
-- Keys:      1 account  2 grants
-- Reply:     as ledger1_read_account, then each grant's sequence and record
-- Errors:    ACCOUNT_NOT_FOUND
local function read_balance(keys)
  local reply = account_reply('0', keys[1])
  local grants = call('HGETALL', keys[2])
  for position = 1, #grants do
    reply[#reply + 1] = grants[position]
  end
  return reply
end
