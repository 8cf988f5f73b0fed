-- ledger1_create_account: a new account with its first entry.
--
-- Keys:      1 account  2 journal  3 outbox  4 listing of the bucket
-- Arguments: 1 account id  2 currency code  3 ledger scale  4 credit limit  5 digest of all settings
--            6 settings (opaque JSON, "" if all default)
-- Reply:     "1" if it existed with the same settings, else "0"; then as ledger1_read_account
-- Errors:    ACCOUNT_EXISTS (with other settings)
local function create_account(keys, arguments)
  local account_id, currency, scale, limit, digest, settings = unpack(arguments, 1, 6)
  argument.text(account_id, 128, 'account_id')
  argument.text(currency, 16, 'currency_code')
  argument.count(scale, 0, 18, 'ledger_scale')
  argument.amount(limit, 'credit_limit')
  argument.digest(digest, 'digest')
  argument.text(settings, limits.memo_bytes, 'settings')
  local known, journal_length = call('HGET', keys[1], 'k'), call('LLEN', keys[2])
  call('XLEN', keys[3])
  call('ZCARD', keys[4])
  if known and known ~= digest then
    refuse('ACCOUNT_EXISTS')
  elseif known then
    return account_reply('1', keys[1])
  elseif journal_length > 0 then
    corrupt('journal without account')
  end
  local b = {
    keys = keys, account_id = account_id, sequence = 0, time_text = format('%d', read_clock()),
    a = '0', r = '0', f = '0', s = '0', x = '0', l = limit, legs = {}, leg_at = {},
    leg_amounts = {}, entries = {}, sequences = {},
  }
  book.next_sequence(b)
  book.post(b, entry.type.account_created, { memo = settings })
  -- Nothing below can fail.
  local fields = { 'v', '1', 'n', b.time_text, 'y', currency, 'd', scale, 'l', limit, 'k', digest }
  if settings ~= '' then
    fields[13], fields[14] = 'm', settings
  end
  book.write(b)
  call('HSET', keys[1], unpack(fields))
  call('ZADD', keys[4], '0', account_id)
  return account_reply('0', keys[1])
end
