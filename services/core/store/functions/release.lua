-- ledger1_release: frees what remains of a hold; on a released or expired hold it answers with the entry that
-- freed it and writes none. May run when memory is full.
--
-- Keys:      common, then 9 open holds  10 settled holds of the hold's day  11 external references
-- Arguments: common, then 7 hold's sequence  8 hold's day
-- Reply:     as book.reply
-- Errors:    RESERVATION_NOT_FOUND, WRONG_DAY, IDEMPOTENCY_KEY_REUSED, RESERVATION_ALREADY_COMMITTED
-- The answer for a hold that was freed before: by an earlier call, or by its expiry just now.
local function answer_freed(b, h, arguments)
  local freed_by, balance_at = hold.last_settlement(h), b.sequence_text
  local text = book.entry_at(b, freed_by)
  local balance_text = freed_by ~= balance_at and book.entry_at(b, balance_at) or nil
  -- Nothing below can fail.
  hold.write_expiry(b, h)
  idempotency.write(b, arguments, freed_by, balance_at)
  return book.reply(b, false, text, balance_text, h.terms)
end

local function release(keys, arguments)
  hold.check_arguments(arguments)
  local b, h, replay = hold.open(keys, arguments)
  if replay then
    return replay
  end
  hold.expire_due(b, h)
  if h.state == 'C' then
    hold.write_expiry(b, h)
    return refusal(hold.settled_refusal(h))
  elseif h.state ~= 'H' then
    return answer_freed(b, h, arguments)
  end
  local sequence = book.next_sequence(b)
  hold.take(b, h, '0', false)
  burn.cover(b)
  hold.add_settlement(h, sequence)
  hold.settle(h, 'R', 'R')
  local text = book.post(b, entry.type.release, {
    idempotency_key = arguments[5], memo = arguments[6], hold = hold.in_entry(h),
  })
  -- Nothing below can fail.
  book.write(b)
  hold.write_settled(b, h)
  idempotency.write(b, arguments, sequence, sequence)
  return book.reply(b, false, text, nil, h.terms)
end
