-- ledger1_update_account: changes credit limit and settings, if nobody has changed them meanwhile.
--
-- Keys:      common
-- Arguments: 1 account id  2 config version on which the change is based  3 credit limit
--            4 settings (opaque JSON, "" if all default)  5 memo
-- Reply:     as ledger1_read_account; first "1" if nothing was to change, else "0"
-- Errors:    ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, VERSION_MISMATCH
local function require_version(version, expected)
  if version ~= expected then
    refuse('VERSION_MISMATCH', { current_version = version })
  end
end

-- Posts an entry without legs that records a change of the account itself.
local function post_change(b, type, memo)
  book.next_sequence(b)
  book.post(b, type, { memo = memo })
end

local function update_account(keys, arguments)
  local account_id, expected, limit, settings, memo = unpack(arguments, 1, 5)
  argument.text(account_id, 128, 'account_id')
  argument.count(expected, 1, 1e15, 'config_version')
  argument.amount(limit, 'credit_limit')
  argument.text(settings, limits.memo_bytes, 'settings')
  argument.text(memo, limits.memo_bytes, 'memo')
  local b = book.open(keys, account_id, 'ACCOUNT_NOT_FOUND')
  local fields = call('HMGET', keys[1], 'v', 'm')
  if b.closed then
    refuse('ACCOUNT_CLOSED')
  end
  require_version(fields[1], expected)
  if b.l == limit and (fields[2] or '') == settings then
    return account_reply('1', keys[1])
  end
  b.l = limit
  post_change(b, entry.type.account_updated, memo)
  -- Nothing below can fail.
  book.write(b)
  call('HSET', keys[1], 'v', format('%d', expected + 1), 'l', limit)
  if settings == '' then
    call('HDEL', keys[1], 'm')
  else
    call('HSET', keys[1], 'm', settings)
  end
  return account_reply('0', keys[1])
end
