-- What burns first: how debits, holds and expiries take from plain balance and grants, and give back to them.
local burn = {}

local PLAIN = {}

-- Grants in burn-down order, with PLAIN at its place.
function burn.sources(b)
  local sources, plain_stands = {}, false
  for position = 1, #b.grants do
    local g = b.grants[position]
    if not plain_stands and not grant.burns_before_plain(g) then
      sources[#sources + 1], plain_stands = PLAIN, true
    end
    sources[#sources + 1] = g
  end
  if not plain_stands then
    sources[#sources + 1] = PLAIN
  end
  return sources
end

-- Plain balance that no hold has; below zero where it lives on credit.
function burn.plain_available(b)
  local plain = b.a
  for position = 1, #b.grants do
    plain = integer.subtract(plain, grant.free(b.grants[position]))
  end
  return plain
end

-- Plain balance with what holds have of it; below zero it is debt.
local function plain_posted(b)
  local plain = integer.add(b.a, b.r)
  for position = 1, #b.grants do
    plain = integer.subtract(plain, b.grants[position].remaining)
  end
  return plain
end

local function at_least_zero(amount)
  return integer.is_negative(amount) and '0' or amount
end

-- Moves an amount from available to another column (s or r), in burn-down order; what nothing covers is plain,
-- on credit or as debt. The result lists what was taken of grants, each with `grant` and `amount`.
function burn.draw(b, amount, column)
  local drawn, plain = {}, amount
  if b.grants then
    local sources, left = burn.sources(b), amount
    plain = '0'
    for position = 1, #sources do
      local source = sources[position]
      if source == PLAIN then
        plain = integer.least(left, at_least_zero(burn.plain_available(b)))
        left = integer.subtract(left, plain)
      else
        local taken = integer.least(left, grant.free(source))
        if taken ~= '0' then
          left = integer.subtract(left, taken)
          drawn[#drawn + 1] = { grant = source, amount = taken }
        end
      end
    end
    plain = integer.add(plain, left)
  end
  book.move(b, 'a', integer.negate(plain))
  book.move(b, column, plain)
  for position = 1, #drawn do
    local g, taken = drawn[position].grant, drawn[position].amount
    book.move(b, 'a', integer.negate(taken), g)
    book.move(b, column, taken, g)
  end
  return drawn
end

-- Frees what a hold had: to available, or, of a grant whose time is over, to expired.
function burn.give_back(b, amount, g)
  book.move(b, g and grant.is_due(b, g) and 'x' or 'a', amount, g)
end

-- Pays plain debt from what is free of grants. Every operation ends with it.
function burn.cover(b)
  if not b.grants then
    return
  end
  local debt = integer.negate(plain_posted(b))
  if integer.is_negative(debt) then
    return
  end
  for position = 1, #b.grants do
    local g = b.grants[position]
    local paid = integer.least(debt, grant.free(g))
    if paid ~= '0' then
      debt = integer.subtract(debt, paid)
      book.move(b, 'a', paid)
      book.move(b, 'a', integer.negate(paid), g)
    end
  end
end

-- Performs the expiry of a grant that is due, in variables, as an entry of its own; nil if nothing is free.
function burn.expire(b, g)
  local free = grant.free(g)
  if free == '0' then
    return nil
  end
  book.next_sequence(b)
  book.move(b, 'a', integer.negate(free), g)
  book.move(b, 'x', free, g)
  return book.post(b, entry.type.grant_expired, {})
end

-- Performs every grant expiry that is due. Every operation begins with it, once it is known to be no repeat.
function burn.expire_due(b)
  for position = 1, b.grants and #b.grants or 0 do
    local g = b.grants[position]
    if grant.is_due(b, g) then
      burn.expire(b, g)
    end
  end
end

-- Gives back to a grant what had been taken from it. Of one that is over the purchased goes to plain balance,
-- the promotional expires; to plain balance goes too what would make more active grants than there may be.
function burn.restore(b, amount, g)
  if amount == '0' then
    return
  end
  local is_full = g.remaining == '0' and grant.count(b) >= limits.active_grants
  if grant.is_due(b, g) and g.kind == 'M' then
    book.move(b, 'x', amount, g)
  elseif is_full or grant.is_due(b, g) then
    book.move(b, 'a', amount, nil, g.kind == 'M' and 'M' or nil)
  else
    book.move(b, 'a', amount, g)
  end
end
