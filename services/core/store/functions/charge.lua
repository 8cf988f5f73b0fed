-- ledger1_charge: one-shot debit; 0 is legal and leaves an entry.
--
-- Keys:      common, then 9 external references
-- Arguments: common, then 7 amount  8 quote (quote.lua)  9 currency code  10 ledger scale
-- Reply:     as book.reply
-- Errors:    ACCOUNT_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, ACCOUNT_CLOSED, ACCOUNT_FROZEN,
--            INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW, QUOTE_EXPIRED, QUOTE_NOT_APPLICABLE, UNIT_DIFFERS
local function charge(keys, arguments)
  argument.common(arguments)
  local amount = arguments[7]
  argument.amount(amount, 'amount')
  quote.check(arguments[8])
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[9])
  book.require_day(b, arguments[2])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  end
  book.require_unit(b, arguments[9], arguments[10])
  local q = quote.require(b, arguments[8])
  burn.expire_due(b)
  book.require_debit(b, amount)
  burn.draw(b, amount, 's')
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  local sequence = book.next_sequence(b)
  local text = book.post(b, entry.type.charge, {
    idempotency_key = arguments[5], memo = arguments[6], quote = q.id,
  })
  -- Nothing below can fail.
  book.write(b)
  quote.write(b, q, sequence)
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text)
end
