-- An account while a function works on it: read and guarded first, changed in variables, written once.
--
-- Every function that moves money is called with these keys first:
--   1 account  2 journal  3 outbox  4 grants  5 expiry index  6, 7, 8 idempotency of the day and the two before
--
-- Fields of the account hash, texts all:
--   q sequence          a available   y currency code         z freeze reasons joined by spaces; absent if none
--   v config version    r reserved    d ledger scale          c "1" if closed; absent otherwise
--   t last entry, ms    f funded      l credit limit          m settings (opaque JSON); absent if all default
--   n creation, ms      s spent       k digest of the creation settings
--   b journal base      x expired     (entries no longer online; absent if 0)
local book = {}

local function read_clock()
  local clock = call('TIME')
  return clock[1] * 1000 + floor(clock[2] / 1000)
end

-- Reads account, journal length, outbox and grants, so that a wrong type fails here; refuses with `missing`
-- if there is no account. A function that moves money names the key of external references, where grants go
-- that have nothing left; to others the grants do not matter.
function book.open(keys, account_id, missing, references)
  local fields = call('HMGET', keys[1], 'q', 't', 'a', 'r', 'f', 's', 'x', 'l', 'y', 'd', 'b', 'z', 'c')
  if not fields[1] then
    refuse(missing)
  end
  for position = 1, 8 do
    if not tonumber(fields[position] or '') then
      corrupt('account field')
    end
  end
  local now, last_time, base = read_clock(), tonumber(fields[2]), tonumber(fields[11] or '0')
  if call('LLEN', keys[2]) ~= fields[1] - base then
    corrupt('journal length')
  end
  call('XLEN', keys[3])
  local grants = call('HLEN', keys[4])
  local time = now > last_time and now or last_time
  local b = {
    keys = keys, account_id = account_id, now = now, time = time, time_text = format('%d', time),
    sequence = tonumber(fields[1]), sequence_text = fields[1], stored = tonumber(fields[1]), base = base,
    a = fields[3], r = fields[4], f = fields[5], s = fields[6], x = fields[7], l = fields[8],
    currency = fields[9], scale = fields[10], freezes = fields[12], closed = fields[13],
    legs = {}, leg_at = {}, leg_amounts = {}, entries = {}, sequences = {}, references = references,
  }
  if grants > 0 and references then
    b.grants = grant.read_active(b)
  end
  return b
end

-- The day of the caller's keys must be the account's day. That follows the entry time, which never goes
-- back: a clock step past midnight can't hide a record that was written before it.
function book.require_day(b, day)
  local own_day = floor(b.time / DAY_MS)
  if own_day ~= tonumber(day) then
    refuse('WRONG_DAY', { day = format('%d', own_day) })
  end
  b.day = own_day
end

-- An amount was derived for this currency and scale, as the service knows them from an earlier reading; they never
-- change while the account exists. An older service names none.
function book.require_unit(b, currency, scale)
  if currency and (currency ~= b.currency or scale ~= b.scale) then
    refuse('UNIT_DIFFERS', { currency_code = b.currency, scale = b.scale })
  end
end

function book.spendable(b)
  return b.l == '0' and b.a or integer.add(b.a, b.l)
end

-- New debits and holds: refused on a frozen or closed account and beyond spendable.
function book.require_debit(b, amount)
  if b.closed then
    refuse('ACCOUNT_CLOSED')
  elseif b.freezes then
    refuse('ACCOUNT_FROZEN', { freeze_reasons = b.freezes })
  end
  if integer.is_less(book.spendable(b), amount) then
    refuse('INSUFFICIENT_FUNDS', book.funds(b, amount))
  end
end

function book.funds(b, required)
  return {
    required = required, spendable = book.spendable(b), reserved = b.r,
    currency_code = b.currency, scale = b.scale,
  }
end

-- Notes a leg of the next entry: at most one for each column of a grant or a kind.
local function note_leg(b, column, amount, tag)
  local key = tag == '' and column or column .. tag
  local at = b.leg_at[key]
  if at then
    amount = integer.add(b.leg_amounts[at], amount)
  else
    at = #b.legs + 1
    b.leg_at[key] = at
  end
  b.leg_amounts[at], b.legs[at] = amount, column .. amount .. tag
end

-- Moves a column (a, r, s or x) and notes the leg; of a grant if one is given, whose record follows its legs;
-- else of plain balance, which `kind` calls promotional ("M").
function book.move(b, column, amount, g, kind)
  if amount == '0' then
    return
  end
  b[column] = integer.add(b[column], amount)
  if not g then
    note_leg(b, column, amount, kind or '')
    return
  end
  note_leg(b, column, amount, g.tag)
  g.is_changed = true
  if column == 'x' then
    g.expired = integer.add(g.expired, amount)
  elseif column ~= 's' then
    g.remaining = integer.add(g.remaining, amount)
    if column == 'r' then
      g.earmarked = integer.add(g.earmarked, amount)
    end
  end
end

-- Brings money in from outside, or takes it back there: funded changes, the external leg has the opposite sign.
-- `tag` names grant or kind. The caller moves the other side.
function book.fund(b, amount, tag)
  if amount ~= '0' then
    b.f = integer.add(b.f, amount)
    note_leg(b, 'e', integer.negate(amount), tag or '')
  end
end

-- Whether every column is in range. Posted too, so that freeing a hold can never overflow available.
function book.fits(b)
  if #b.a < 18 and #b.r < 18 and #b.f < 24 and #b.s < 24 and #b.x < 24 then
    return true
  end
  return integer.fits_int64(b.a) and integer.fits_int64(b.r) and integer.fits_int64(integer.add(b.a, b.r))
    and integer.fits_lifetime(b.f) and integer.fits_lifetime(b.s) and integer.fits_lifetime(b.x)
end

-- Gives the next entry its sequence, as text, so that records can name it.
function book.next_sequence(b)
  b.sequence = b.sequence + 1
  b.sequence_text = format('%d', b.sequence)
  return b.sequence_text
end

-- The legs noted since the entry before, without those that came to nothing.
local function legs_of(b)
  local legs = {}
  for position = 1, #b.legs do
    if b.leg_amounts[position] ~= '0' then
      legs[#legs + 1] = b.legs[position]
    end
  end
  return concat(legs, ';')
end

-- Completes the entry of the current sequence from the legs noted since the one before.
function book.post(b, type, details)
  local text = entry.encode(b, type, legs_of(b), details)
  local number = #b.entries + 1
  b.entries[number], b.sequences[number] = text, b.sequence_text
  b.legs, b.leg_at, b.leg_amounts = {}, {}, {}
  return text
end

-- An entry for an answer, by its sequence as text: the service puts the archived entry in the place of
-- ARCHIVED and a sequence. Online ones are counted from the end, where retries look; one may be posted just now.
function book.entry_at(b, sequence)
  local number = tonumber(sequence)
  if number <= b.base then
    return ARCHIVED .. sequence
  elseif number > b.stored then
    return b.entries[number - b.stored]
  end
  return call('LINDEX', b.keys[2], format('%d', number - b.stored - 1))
end

-- Write block: account, grants, journal, outbox. Nothing in it can fail once `open` has succeeded.
function book.write(b)
  local keys, entries = b.keys, b.entries
  if #entries == 0 then
    return
  end
  call('HSET', keys[1], 'q', b.sequence_text, 't', b.time_text,
    'a', b.a, 'r', b.r, 'f', b.f, 's', b.s, 'x', b.x)
  if b.grants then
    grant.write(b)
  end
  for position = 1, #entries do
    local text = entries[position]
    call('RPUSH', keys[2], text)
    call('XADD', keys[3], '*', 'a', b.account_id, 'q', b.sequences[position], 'e', text)
  end
end

-- Reply of every function that moves money: "1" if replayed, the entry, the entry whose columns are the
-- balance of the answer ("" if it is the same), the hold's terms, currency code, ledger scale.
function book.reply(b, replayed, text, balance_text, terms)
  return { replayed and '1' or '0', text, balance_text or '', terms or '', b.currency, b.scale }
end
