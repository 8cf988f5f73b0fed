-- ledger1_close_account: closes an account for good; its freezes end with it.
--
-- Keys:      common, then 9 open holds  10 external references
-- Arguments: 1 account id  2 config version on which the decision is based, 0 for any  3 memo
-- Reply:     as ledger1_read_account; first "1" if it was closed before, else "0"
-- Errors:    ACCOUNT_NOT_FOUND, VERSION_MISMATCH, ACCOUNT_NOT_EMPTY
local function close_account(keys, arguments)
  local account_id, expected, memo = unpack(arguments, 1, 3)
  argument.text(account_id, 128, 'account_id')
  argument.count(expected, 0, 1e15, 'config_version')
  argument.text(memo, limits.memo_bytes, 'memo')
  local b = book.open(keys, account_id, 'ACCOUNT_NOT_FOUND', keys[10])
  local version, open_holds = call('HGET', keys[1], 'v'), call('HLEN', keys[9])
  if b.closed then
    return account_reply('1', keys[1])
  elseif expected ~= '0' then
    require_version(version, expected)
  end
  burn.expire_due(b)
  local posted = integer.add(b.a, b.r)
  if posted ~= '0' or open_holds > 0 then
    refuse('ACCOUNT_NOT_EMPTY', {
      posted = posted, reserved = b.r, open_reservations = format('%d', open_holds),
      currency_code = b.currency, scale = b.scale,
    })
  end
  post_change(b, entry.type.account_closed, memo)
  -- Nothing below can fail.
  book.write(b)
  call('HSET', keys[1], 'c', '1')
  call('HDEL', keys[1], 'z')
  return account_reply('0', keys[1])
end
