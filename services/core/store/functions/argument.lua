-- Checks of arguments. The service has checked them already: a failure here is a fault of the service, and
-- the function ends before it has read or written anything.
local argument = {}

local function invalid(name)
  refuse('ARGUMENT_INVALID', { argument = name })
end

function argument.amount(text, name)
  if not text or not integer.is_amount(text) then
    invalid(name)
  end
end

-- A whole number from `least` to `greatest`, both below 10^15.
function argument.count(text, least, greatest, name)
  if not text or #text > 15 or not find(text, '^%d+$') then
    invalid(name)
  end
  local number = tonumber(text)
  if number < least or number > greatest then
    invalid(name)
  end
  return number
end

-- One letter out of `letters`.
function argument.letter(text, letters, name)
  if not text or #text ~= 1 or not find(letters, text, 1, true) then
    invalid(name)
  end
end

local NOT_IN_TEXT = '[' .. FIELD_END .. ARCHIVED .. SEPARATOR .. ']'

-- Text that may stand in a record.
function argument.text(text, greatest_bytes, name)
  if not text or #text > greatest_bytes or find(text, NOT_IN_TEXT) then
    invalid(name)
  end
end

function argument.digest(text, name)
  if not text or #text ~= 16 then
    invalid(name)
  end
end

-- Arguments 1 to 6 of every function that moves money:
-- account id, day, idempotency field, fingerprint, idempotency key, memo.
function argument.common(arguments)
  argument.text(arguments[1], 128, 'account_id')
  argument.count(arguments[2], 0, 1000000, 'day')
  argument.digest(arguments[3], 'idempotency_field')
  argument.digest(arguments[4], 'fingerprint')
  argument.text(arguments[5], 255, 'idempotency_key')
  argument.text(arguments[6], limits.memo_bytes, 'memo')
end
