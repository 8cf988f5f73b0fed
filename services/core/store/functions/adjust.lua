-- ledger1_adjust: a signed correction of plain balance; debt that it makes is paid from grants.
--
-- Keys:      common, then 9 external references
-- Arguments: common, then 7 signed amount  8 "1" lets spendable go below zero
-- Reply:     as book.reply
-- Errors:    ACCOUNT_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW
local ADJUSTMENT_SOURCE = 'adjustment'

local function check_adjust(arguments)
  argument.common(arguments)
  argument.amount(integer.magnitude(arguments[7] or ''), 'amount')
  argument.letter(arguments[8], '01', 'allow_negative')
end

local function adjust(keys, arguments)
  check_adjust(arguments)
  local amount = arguments[7]
  local b = book.open(keys, arguments[1], 'ACCOUNT_NOT_FOUND', keys[9])
  book.require_day(b, arguments[2])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return idempotency.replay(b, record)
  end
  burn.expire_due(b)
  local taken = integer.negate(amount)
  if arguments[8] == '0' and integer.is_negative(amount) and integer.is_less(book.spendable(b), taken) then
    refuse('INSUFFICIENT_FUNDS', book.funds(b, taken))
  end
  local sequence = book.next_sequence(b)
  book.fund(b, amount)
  book.move(b, 'a', amount)
  burn.cover(b)
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  local text = book.post(b, entry.type.adjustment, {
    idempotency_key = arguments[5], memo = arguments[6], source = ADJUSTMENT_SOURCE,
  })
  -- Nothing below can fail.
  book.write(b)
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text)
end
