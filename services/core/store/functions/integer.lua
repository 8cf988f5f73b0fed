-- Exact integers as canonical decimal text: "0", "12", "-12"; never "-0", "+1" or "007".
--
-- A Lua number is a double, exact to 2^53. Texts of up to 15 characters are added as numbers; longer ones are
-- split into three limbs of nine digits, each exact, which serves magnitudes below 10^26.
local integer = {}

local LIMB = 1000000000
local INT64_MAX = '9223372036854775807'
local LIFETIME_MAX = '1000000000000000000000000'

-- Three limbs, each with the sign of the whole.
local function split(text)
  local sign = 1
  if byte(text) == 45 then
    sign, text = -1, sub(text, 2)
  end
  local length = #text
  local high = length > 18 and tonumber(sub(text, 1, length - 18)) or 0
  local middle = length > 9 and tonumber(sub(text, -18, -10)) or 0
  return sign * high, sign * middle, sign * tonumber(sub(text, -9))
end

local function join(high, middle, low)
  local carry = floor(low / LIMB)
  low, middle = low - carry * LIMB, middle + carry
  carry = floor(middle / LIMB)
  middle, high = middle - carry * LIMB, high + carry
  if high < 0 then
    return '-' .. join(-high, -middle, -low)
  elseif high > 0 then
    return format('%d%09d%09d', high, middle, low)
  elseif middle > 0 then
    return format('%d%09d', middle, low)
  end
  return format('%d', low)
end

function integer.add(a, b)
  if #a <= 15 and #b <= 15 then
    return format('%d', a + b)
  end
  local a_high, a_middle, a_low = split(a)
  local b_high, b_middle, b_low = split(b)
  return join(a_high + b_high, a_middle + b_middle, a_low + b_low)
end

function integer.subtract(a, b)
  if #a <= 15 and #b <= 15 then
    return format('%d', a - b)
  end
  local a_high, a_middle, a_low = split(a)
  local b_high, b_middle, b_low = split(b)
  return join(a_high - b_high, a_middle - b_middle, a_low - b_low)
end

function integer.negate(a)
  if a == '0' then
    return a
  end
  return byte(a) == 45 and sub(a, 2) or '-' .. a
end

function integer.is_negative(a)
  return byte(a) == 45
end

function integer.is_less(a, b)
  if #a <= 15 and #b <= 15 then
    return tonumber(a) < tonumber(b)
  end
  return byte(integer.subtract(a, b)) == 45
end

function integer.least(a, b)
  return integer.is_less(a, b) and a or b
end

function integer.magnitude(a)
  return byte(a) == 45 and sub(a, 2) or a
end

-- Whether a column or an amount may have this value: ±(2^63 − 1).
function integer.fits_int64(a)
  if #a < 19 then
    return true
  end
  local digits = integer.magnitude(a)
  return #digits < 19 or (#digits == 19 and digits <= INT64_MAX)
end

-- Whether a lifetime column may have this value: ±10^24.
function integer.fits_lifetime(a)
  if #a < 25 then
    return true
  end
  local digits = integer.magnitude(a)
  return #digits < 25 or digits == LIFETIME_MAX
end

-- Whether an argument is a canonical amount from 0 to 2^63 − 1.
function integer.is_amount(text)
  return text == '0' or (find(text, '^[1-9]%d*$') ~= nil and integer.fits_int64(text))
end
