-- Holds. An open one stands in the hash of open holds under <sequence>.<day>, a settled one in the hash of
-- its creation day under <sequence>; the record is the same:
--
--   snapshot SEPARATOR allocation SEPARATOR terms
--
-- snapshot: state (H held, C committed, R released, E expired), amount held at first, remaining, captured,
--   creation ms, expiry ms, action on expiry (R release, C capture), what settled it (C commit, R release,
--   E expiry, L late commit; empty while held), sequences of the entries that captured or released, joined
--   by "+"; all joined by ",".
-- allocation: what is earmarked of grants, <grant sequence>:<amount> joined by ","; the rest is plain.
-- terms: opaque JSON of the service.
--
-- Functions on holds are called with the common keys, then 9 open holds, 10 settled holds of the hold's day,
-- 11 external references.
local hold = {}

local SNAPSHOT = '^(%u),(%d+),(%d+),(%d+),(%d+),(%d+),(%u),(%u?),([%d+]*)$'

local function decode(record, sequence, day)
  local snapshot, allocation, terms = match(record, '^([^\31]*)\31([^\31]*)\31(.*)$')
  local state, amount, remaining, captured, created, expires, on_expiry, settled_by, settlements =
    match(snapshot or '', SNAPSHOT)
  if not state then
    corrupt('hold')
  end
  return {
    sequence = sequence, day = day, state = state, amount = amount, remaining = remaining,
    captured = captured, created = created, expires = expires, on_expiry = on_expiry,
    settled_by = settled_by, settlements = settlements, allocation = allocation, terms = terms,
  }
end

local function snapshot_of(h)
  return concat({
    h.state, h.amount, h.remaining, h.captured, h.created, h.expires, h.on_expiry, h.settled_by,
    h.settlements,
  }, ',')
end

function hold.encode(h)
  return snapshot_of(h) .. SEPARATOR .. h.allocation .. SEPARATOR .. h.terms
end

-- As it stands in a journal entry.
function hold.in_entry(h)
  return h.sequence .. '.' .. h.day .. ',' .. snapshot_of(h)
end

function hold.index_member(b, h)
  return 'h:' .. h.sequence .. ':' .. h.day .. ':' .. b.account_id
end

-- The hold, open or settled, or nil. Guards the types of both hashes and of the expiry index.
function hold.read(keys, sequence, day)
  call('ZCARD', keys[5])
  local open, settled = call('HGET', keys[9], sequence .. '.' .. day), call('HGET', keys[10], sequence)
  local record = open or settled
  return record and decode(record, sequence, day) or nil
end

-- Arguments of a call on a hold: common, then 7 hold's sequence  8 hold's day.
function hold.check_arguments(arguments)
  argument.common(arguments)
  argument.count(arguments[7], 1, 1e15, 'hold_sequence')
  argument.count(arguments[8], 0, 1000000, 'hold_day')
end

-- Account and hold of such a call; third, if it is a repeated one, the first answer.
function hold.open(keys, arguments)
  local b = book.open(keys, arguments[1], 'RESERVATION_NOT_FOUND', keys[11])
  book.require_day(b, arguments[2])
  local h = hold.read(keys, arguments[7], arguments[8])
  local record = idempotency.find(keys, arguments[3], arguments[4])
  if record then
    return b, h, idempotency.replay(b, record, h and h.terms)
  elseif not h then
    refuse('RESERVATION_NOT_FOUND')
  end
  return b, h
end

function hold.is_due(b, h)
  return h.state == 'H' and tonumber(h.expires) <= b.now
end

-- Notes that the entry with this sequence captured or released.
function hold.add_settlement(h, sequence)
  local list = {}
  for settlement in gmatch(h.settlements, '%d+') do
    list[#list + 1] = settlement
  end
  list[#list + 1] = sequence
  local first = #list > limits.settlements and #list - limits.settlements + 1 or 1
  h.settlements = concat(list, '+', first)
end

function hold.last_settlement(h)
  return match(h.settlements, '%d+$')
end

-- Earmarks what was drawn of grants, besides what the hold has.
function hold.earmark(b, h, drawn)
  if h.allocation == '' and #drawn == 0 then
    return
  end
  local amounts, list = hold.earmarks(h), {}
  for position = 1, #drawn do
    local sequence = drawn[position].grant.sequence
    amounts[sequence] = integer.add(amounts[sequence] or '0', drawn[position].amount)
  end
  for position = 1, #b.grants do
    local sequence = b.grants[position].sequence
    list[#list + 1] = amounts[sequence] and sequence .. ':' .. amounts[sequence]
  end
  h.allocation = concat(list, ',')
end

-- What is earmarked, by sequence of the grant.
function hold.earmarks(h)
  local amounts = {}
  for sequence, amount in gmatch(h.allocation, '(%d+):(%d+)') do
    amounts[sequence] = amount
  end
  return amounts
end

-- What the hold has of each grant, and at its place in burn-down order the plain rest, without a grant.
local function pieces_of(b, h)
  if h.allocation == '' then
    return { { amount = h.remaining } }
  elseif not b.grants then
    corrupt('hold')
  end
  local amounts, pieces, plain = hold.earmarks(h), {}, { amount = h.remaining }
  local sources = burn.sources(b)
  for position = 1, #sources do
    local g = sources[position]
    local amount = amounts[g.sequence]
    if amount then
      pieces[#pieces + 1] = { grant = g, amount = amount }
      plain.amount = integer.subtract(plain.amount, amount)
    elseif not g.sequence then
      pieces[#pieces + 1] = plain
    end
  end
  if integer.is_negative(plain.amount) then
    corrupt('hold')
  end
  return pieces
end

-- Moves `used` of what is held to spent, in burn-down order; the rest is freed, or kept in the hold.
function hold.take(b, h, used, keeps_rest)
  local pieces, left, kept = pieces_of(b, h), used, {}
  for position = 1, #pieces do
    local g, amount = pieces[position].grant, pieces[position].amount
    local taken = integer.least(left, amount)
    local rest = integer.subtract(amount, taken)
    left = integer.subtract(left, taken)
    book.move(b, 'r', integer.negate(keeps_rest and taken or amount), g)
    if not keeps_rest then
      burn.give_back(b, rest, g)
    elseif g and rest ~= '0' then
      kept[#kept + 1] = g.sequence .. ':' .. rest
    end
    book.move(b, 's', taken, g)
  end
  h.remaining = keeps_rest and integer.subtract(h.remaining, used) or '0'
  h.allocation = concat(kept, ',')
end

-- Ends the hold in variables; the caller has taken from it and noted what it captured.
function hold.settle(h, state, settled_by)
  h.state, h.settled_by = state, settled_by
end

-- Performs the expiry of a hold that is due, in variables, as an entry of its own.
function hold.expire(b, h)
  local amount = h.remaining
  local captures = h.on_expiry == 'C'
  hold.add_settlement(h, book.next_sequence(b))
  hold.take(b, h, captures and amount or '0', false)
  burn.cover(b)
  if not book.fits(b) then
    refuse('AMOUNT_OVERFLOW')
  end
  if captures then
    h.captured = integer.add(h.captured, amount)
  end
  hold.settle(h, captures and 'C' or 'E', 'E')
  h.has_expired = true
  book.post(b, entry.type.hold_expired, { hold = hold.in_entry(h) })
end

-- Performs what is due before a call on the hold is answered: of grants, then of the hold.
function hold.expire_due(b, h)
  burn.expire_due(b)
  if hold.is_due(b, h) then
    hold.expire(b, h)
  end
end

-- Write block of an open hold that keeps its expiry.
function hold.write_open(b, h)
  call('HSET', b.keys[9], h.sequence .. '.' .. h.day, hold.encode(h))
end

-- Write block of a settled hold.
function hold.write_settled(b, h)
  local keys, usual_end = b.keys, tonumber(h.day) + limits.settled_days
  -- A late commit on the last days must stay readable for as long as its idempotency record.
  local needed_end = floor(b.time / DAY_MS) + limits.idempotency_days
  call('HSET', keys[10], h.sequence, hold.encode(h))
  if needed_end > usual_end then
    call('PEXPIREAT', keys[10], format('%d', needed_end * DAY_MS))
  else
    call('PEXPIREAT', keys[10], format('%d', usual_end * DAY_MS), 'NX')
  end
  call('HDEL', keys[9], h.sequence .. '.' .. h.day)
  call('ZREM', keys[5], hold.index_member(b, h))
end

-- Write block of expiries that stand alone, before a refusal or an answer without an entry of its own.
function hold.write_expiry(b, h)
  book.write(b)
  if h.has_expired then
    hold.write_settled(b, h)
  end
end

local SETTLED_REASON = {
  C = 'RESERVATION_ALREADY_COMMITTED', R = 'RESERVATION_ALREADY_RELEASED', E = 'RESERVATION_EXPIRED',
}

-- Reason and facts for a call that needs an open hold.
function hold.settled_refusal(h)
  return SETTLED_REASON[h.state], { transaction_sequence = hold.last_settlement(h) }
end
