-- ledger1_commit: settles a hold, wholly or in part; 0 is legal. May run when memory is full.
--
-- Keys:      common, then 9 open holds  10 settled holds of the hold's day  11 external references
-- Arguments: common, then 7 hold's sequence  8 hold's day  9 amount
--            10 overage (R reject, C cap, D debt)  11 "1" keeps the rest held
--            12 "1" settles an expired hold as a direct debit  13 quote (quote.lua)
--            14 currency code  15 ledger scale
-- Reply:     as book.reply
-- Errors:    RESERVATION_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, RESERVATION_ALREADY_COMMITTED,
--            RESERVATION_ALREADY_RELEASED, RESERVATION_EXPIRED, ACCOUNT_CLOSED, AMOUNT_EXCEEDS_RESERVATION,
--            INSUFFICIENT_FUNDS, AMOUNT_OVERFLOW, QUOTE_EXPIRED, QUOTE_NOT_APPLICABLE,
--            UNIT_DIFFERS
local function check_commit(arguments)
  hold.check_arguments(arguments)
  argument.amount(arguments[9], 'amount')
  argument.letter(arguments[10], 'RCD', 'overage')
  argument.letter(arguments[11], '01', 'keep_open')
  argument.letter(arguments[12], '01', 'accept_expired')
  quote.check(arguments[13])
end

-- Why this hold takes no commit, as reason and facts; nil if it does. An ended hold cannot be kept open.
local function commit_refusal(b, h, keep_open, accept_expired)
  local late = h.state == 'E' and accept_expired and not keep_open
  if h.state ~= 'H' and not late then
    return hold.settled_refusal(h)
  elseif b.closed then
    return 'ACCOUNT_CLOSED'
  end
end

-- What is taken and what stays uncollected; or nil, nil, reason, facts.
local function amount_taken(b, h, amount, overage, keep_open)
  if not integer.is_less(h.remaining, amount) then
    return amount, '0'
  elseif keep_open then
    return nil, nil, 'AMOUNT_EXCEEDS_RESERVATION',
      { remaining = h.remaining, currency_code = b.currency, scale = b.scale }
  end
  local beyond_hold = integer.subtract(amount, h.remaining)
  if overage == 'R' then
    return nil, nil, 'INSUFFICIENT_FUNDS', book.funds(b, beyond_hold)
  end
  local room = book.spendable(b)
  if overage == 'D' or not integer.is_less(room, beyond_hold) then
    return amount, '0'
  end
  local paid = integer.is_negative(room) and h.remaining or integer.add(h.remaining, room)
  return paid, integer.subtract(amount, paid)
end

-- Whether the columns and the captured total stay in range: what is freed may also expire. The others only
-- shrink.
local function fits_after(b, h, taken, from_hold)
  local freed = integer.subtract(from_hold, taken)
  return integer.fits_int64(integer.add(b.a, freed))
    and (integer.is_negative(freed) or integer.fits_lifetime(integer.add(b.x, freed)))
    and integer.fits_lifetime(integer.add(b.s, taken))
    and integer.fits_int64(integer.add(h.captured, taken))
end

-- Moves the columns and changes the hold in variables.
local function take(b, h, taken, keep_open)
  local from_hold = integer.least(taken, h.remaining)
  hold.add_settlement(h, book.next_sequence(b))
  hold.take(b, h, from_hold, keep_open)
  if taken ~= from_hold then
    burn.draw(b, integer.subtract(taken, from_hold), 's')
  end
  burn.cover(b)
  h.captured = integer.add(h.captured, taken)
  if not keep_open then
    hold.settle(h, 'C', h.state == 'E' and 'L' or 'C')
  end
end

-- Writes the commit, and the expiry before it if there was one.
local function write_commit(b, h, q, arguments, uncollected)
  local sequence = b.sequence_text
  local text = book.post(b, entry.type.commit, {
    idempotency_key = arguments[5], memo = arguments[6], hold = hold.in_entry(h),
    uncollected = uncollected ~= '0' and uncollected or '', quote = q.id,
  })
  -- Nothing below can fail.
  book.write(b)
  if h.state == 'H' then
    hold.write_open(b, h)
  else
    hold.write_settled(b, h)
  end
  quote.write(b, q, sequence)
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text, nil, h.terms)
end

local function commit(keys, arguments)
  check_commit(arguments)
  local keep_open, accept_expired = arguments[11] == '1', arguments[12] == '1'
  local b, h, replay = hold.open(keys, arguments)
  if replay then
    return replay
  end
  book.require_unit(b, arguments[14], arguments[15])
  local q = quote.read(b, arguments[13])
  hold.expire_due(b, h)
  local taken, uncollected
  local reason, facts = commit_refusal(b, h, keep_open, accept_expired)
  if not reason then
    reason, facts = quote.refusal(b, q)
  end
  if not reason then
    taken, uncollected, reason, facts = amount_taken(b, h, arguments[9], arguments[10], keep_open)
  end
  local from_hold = keep_open and taken or h.remaining
  if not reason and not fits_after(b, h, taken, from_hold) then
    reason = 'AMOUNT_OVERFLOW'
  end
  if reason then
    hold.write_expiry(b, h)
    return refusal(reason, facts)
  end
  take(b, h, taken, keep_open)
  return write_commit(b, h, q, arguments, uncollected)
end
