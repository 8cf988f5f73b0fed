-- ledger1_find_replay: the first answer to a repeated call, before anything is priced or converted for it.
--
-- Keys:      common, then 9 external references
-- Arguments: 1 account id  2 day  3 idempotency field  4 fingerprint
--            5 source  6 external reference ("" for none)  7 amount as sent
-- Reply:     as book.reply; nothing if the call is not a repeated one
-- Errors:    WRONG_DAY, IDEMPOTENCY_KEY_REUSED, REFERENCE_REUSED
local function find_replay(keys, arguments)
  argument.digest(arguments[3], 'idempotency_field')
  argument.digest(arguments[4], 'fingerprint')
  if call('EXISTS', keys[1]) == 0 then
    return {}
  end
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND')
  book.require_day(b, arguments[2])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  end
  local source, reference, amount_sent = unpack(arguments, 5, 7)
  local first = reference ~= '' and find_reference(keys[9], source, reference, amount_sent)
  return first and book.reply(b, true, book.entry_at(b, first)) or {}
end
