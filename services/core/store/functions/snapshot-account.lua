-- ledger1_snapshot_account: everything a verification compares with the journal, as of one moment.
--
-- Keys:      1 account  2 journal  3 listing of the bucket
-- Arguments: 1 account id
-- Reply:     length of the journal list, "1" if the account is listed (else "0"), then the fields of the
--            account in the order of SNAPSHOT_FIELDS, "" for an absent one
-- Errors:    ACCOUNT_NOT_FOUND
local SNAPSHOT_FIELDS = { 'q', 't', 'b', 'l', 'a', 'r', 'f', 's', 'x', 'z', 'c' }

local function snapshot_account(keys, arguments)
  argument.text(arguments[1], 128, 'account_id')
  local fields = call('HMGET', keys[1], unpack(SNAPSHOT_FIELDS))
  if not fields[1] then
    refuse('ACCOUNT_NOT_FOUND')
  end
  local listed = call('ZSCORE', keys[3], arguments[1])
  local reply = { format('%d', call('LLEN', keys[2])), listed and '1' or '0' }
  for position = 1, #SNAPSHOT_FIELDS do
    reply[position + 2] = fields[position] or ''
  end
  return reply
end
