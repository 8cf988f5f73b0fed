-- ledger1_touch: writes something without meaning, so that a WAIT after it on the same connection covers all that
-- came before, also what others wrote. May run when memory is full.
--
-- Keys:      1 genesis
-- Reply:     "OK"
-- Errors:    GENESIS_MISSING
local function touch(keys)
  if call('EXISTS', keys[1]) == 0 then
    refuse('GENESIS_MISSING')
  end
  call('HSET', keys[1], 'touched', '1')
  return 'OK'
end
