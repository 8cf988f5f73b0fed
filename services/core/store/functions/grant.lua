-- Grants: credit with a purpose, a priority or an end. One with something left stands in the hash of active
-- grants under the sequence of its credit; one with nothing left stands in the hash of external references
-- under g:<sequence>, for what may come back to it. The record is the same:
--
--   kind (P purchased, M promotional), priority, expiry ms ("" for never), amount, remaining, earmarked,
--   expired, creation ms; joined by ",". Remaining includes what holds have earmarked.
--
-- What is no grant's is plain. The legs of the journal say all of it: remaining is the sum of a grant's legs on
-- available and reserved, earmarked that on reserved, expired that on expired (see book.move).
local grant = {}

local GRANT = '^([PM]),(%d+),(%d*),(%d+),(%d+),(%d+),(%d+),(%d+)$'
-- Plain balance burns at this priority, as if it never expired and were older than any grant.
local PLAIN_PRIORITY = 50

function grant.new(sequence, kind, priority, expires, amount, created)
  return {
    sequence = sequence, tag = kind .. sequence, kind = kind, priority = priority, expires = expires,
    amount = amount, remaining = '0', earmarked = '0', expired = '0', created = created,
  }
end

local function decode_grant(sequence, text)
  local kind, priority, expires, amount, remaining, earmarked, expired, created = match(text, GRANT)
  if not kind then
    corrupt('grant')
  end
  local g = grant.new(sequence, kind, tonumber(priority), expires, amount, created)
  g.remaining, g.earmarked, g.expired = remaining, earmarked, expired
  return g
end

local function encode_grant(g)
  return concat({
    g.kind, format('%d', g.priority), g.expires, g.amount, g.remaining, g.earmarked, g.expired, g.created,
  }, ',')
end

-- What no hold has earmarked.
function grant.free(g)
  return g.earmarked == '0' and g.remaining or integer.subtract(g.remaining, g.earmarked)
end

function grant.is_due(b, g)
  return g.expires ~= '' and tonumber(g.expires) <= b.now
end

function grant.index_member(b, sequence)
  return 'g:' .. sequence .. ':' .. b.account_id
end

-- Burn-down order: priority, soonest expiry, oldest.
function grant.burns_before(g, other)
  if g.priority ~= other.priority then
    return g.priority < other.priority
  elseif g.expires ~= other.expires then
    return other.expires == '' or (g.expires ~= '' and tonumber(g.expires) < tonumber(other.expires))
  end
  return tonumber(g.sequence) < tonumber(other.sequence)
end

function grant.burns_before_plain(g)
  return g.priority < PLAIN_PRIORITY or (g.priority == PLAIN_PRIORITY and g.expires ~= '')
end

local GRANT_WRITES = { { 'hset', 1 }, { 'hdel', 1 }, { 'zadd', 2 }, { 'zrem', 2 }, { 'hset', 3 }, { 'hdel', 3 } }

-- Checks permissions and types of all that `grant.write` writes to.
local function guard_writes(b)
  require_permissions(GRANT_WRITES, { b.keys[4], b.keys[5], b.references })
  call('ZCARD', b.keys[5])
  call('HLEN', b.references)
end

-- Reads the active grants, in burn-down order.
function grant.read_active(b)
  guard_writes(b)
  local flat, grants = call('HGETALL', b.keys[4]), {}
  for position = 1, #flat, 2 do
    local g = decode_grant(flat[position], flat[position + 1])
    g.is_active = true
    grants[#grants + 1] = g
  end
  sort(grants, grant.burns_before)
  return grants
end

-- Adds a grant to those that the function works on.
function grant.add(b, g)
  if not b.grants then
    guard_writes(b)
    b.grants = {}
  end
  b.grants[#b.grants + 1] = g
  sort(b.grants, grant.burns_before)
end

-- The grant with this sequence among those that the function works on; nil if there is none.
function grant.find(b, sequence)
  for position = 1, b.grants and #b.grants or 0 do
    if b.grants[position].sequence == sequence then
      return b.grants[position]
    end
  end
end

-- The same, also one that has nothing left; corrupt if there is none.
function grant.find_any(b, sequence)
  local g = grant.find(b, sequence)
  if g then
    return g
  end
  local text = call('HGET', b.references, 'g:' .. sequence)
  if not text then
    corrupt('grant')
  end
  g = decode_grant(sequence, text)
  g.is_kept = true
  grant.add(b, g)
  return g
end

-- Grants with something left.
function grant.count(b)
  local count = 0
  for position = 1, b.grants and #b.grants or 0 do
    if b.grants[position].remaining ~= '0' then
      count = count + 1
    end
  end
  return count
end

local function write_grant(b, g)
  local member = grant.index_member(b, g.sequence)
  if g.remaining == '0' then
    call('HDEL', b.keys[4], g.sequence)
    call('HSET', b.references, 'g:' .. g.sequence, encode_grant(g))
    call('ZREM', b.keys[5], member)
    return
  end
  call('HSET', b.keys[4], g.sequence, encode_grant(g))
  if g.is_kept then
    call('HDEL', b.references, 'g:' .. g.sequence)
  end
  if g.expires == '' then
    return
  elseif grant.is_due(b, g) then
    -- The rest is earmarked, and expires when it is released.
    call('ZREM', b.keys[5], member)
  elseif not g.is_active then
    call('ZADD', b.keys[5], g.expires, member)
  end
end

-- Write block of the grants that have changed.
function grant.write(b)
  for position = 1, #b.grants do
    if b.grants[position].is_changed then
      write_grant(b, b.grants[position])
    end
  end
end
