-- ledger1_self_test: plays one of each operation on keys of its own and deletes them, so that a missing
-- permission or a broken function shows before the first account is touched.
--
-- Keys:      common, then 9 open holds  10 settled holds  11 external references  12 listing  13 refunds
--            14 readers of the outbox  15 genesis; all for it alone
-- Reply:     "OK"
-- Errors:    SELF_TEST_FAILED, and whatever an operation runs into
local SELF_TEST_ACCOUNT = 'self-test'

-- The calls with the numbers 2 and 3.
local function play_batch(keys_with, common)
  local charge_keys, reserve_keys = keys_with(11), keys_with(9, 11)
  local both, keys = {
    { 'charge', '9', unpack(common(2, '1', '')) },
    { 'reserve', '10', unpack(common(3, '500', '60000', 'R', '', '')) },
  }, charge_keys
  for position = 1, #reserve_keys do
    keys[#keys + 1] = reserve_keys[position]
  end
  for _, reply in ipairs(batch.of({ 'charge', 'reserve' })(keys, { cmsgpack.pack(both) })) do
    if byte(reply) == 33 then
      error({ err = sub(reply, 2) })
    end
  end
end

-- The calls after the one with the number 9, on entries and holds that these have made.
local function play_corrections(keys, keys_with, common, today)
  local far_away, hold_keys = format('%d', read_clock() + DAY_MS), { unpack(keys, 1, 11) }
  refund(keys_with(11, 13), common(10, '3', '1', ''))
  adjust(keys_with(11), common(11, '-100', '0'))
  reverse_credit(keys_with(11), common(12, 'admin', 'reference', '700', '1'))
  reserve(keys_with(9, 11), common(13, '0', '60000', 'R', '', ''))
  extend(hold_keys, common(14, '14', today, '120000', '40'))
  release(hold_keys, common(15, '14', today))
  charge(keys_with(11), common(16, '5', 'quote,1,' .. far_away))
  set_freeze(keys_with(), { SELF_TEST_ACCOUNT, 'operator', '1', '' })
  set_freeze(keys_with(), { SELF_TEST_ACCOUNT, 'operator', '0', '' })
  update_account(keys_with(), { SELF_TEST_ACCOUNT, '1', '0', '{}', '' })
  adjust(keys_with(11), common(17, '-8995', '0'))
  expire_hold(hold_keys, { SELF_TEST_ACCOUNT, '14', today })
  expire_grant(keys_with(11), { SELF_TEST_ACCOUNT, '7' })
  close_account(keys_with(9, 11), { SELF_TEST_ACCOUNT, '2', '' })
end

local function play_each_operation(keys)
  local today = format('%d', floor(read_clock() / DAY_MS))
  local digest = '0123456789abcdef'
  local common_keys, hold_keys = { unpack(keys, 1, 8) }, { unpack(keys, 1, 11) }
  local function keys_with(...)
    local list = { unpack(common_keys) }
    for _, position in ipairs({ ... }) do
      list[#list + 1] = keys[position]
    end
    return list
  end
  local function common(number, ...)
    return { SELF_TEST_ACCOUNT, today, format('%016d', number), digest, 'key', '', ... }
  end
  create_account({ keys[1], keys[2], keys[3], keys[12] }, { SELF_TEST_ACCOUNT, 'XXX', '2', '0', digest, '' })
  credit(keys_with(11), common(1, '10000', 'admin', 'reference', 'P', 'XXX:100', '', ''))
  play_batch(keys_with, common)
  commit(hold_keys, common(4, '4', today, '200', 'R', '1', '0'))
  release(hold_keys, common(5, '4', today))
  local far_away = format('%d', read_clock() + DAY_MS)
  credit(keys_with(11), common(6, '30', 'admin', '', 'M', 'XXX:0.3', '0', far_away))
  charge(keys_with(11), common(7, '10'))
  reserve(keys_with(9, 11), common(8, '20', '60000', 'C', ''))
  commit(hold_keys, common(9, '9', today, '20', 'D', '0', '0'))
  play_corrections(keys, keys_with, common, today)
  create_genesis({ keys[15] }, { 'epoch', '1' })
  touch({ keys[15] })
  note_primary({ keys[15] }, { 'a', '0' })
  note_primary({ keys[15] }, { 'b', 'a' })
  call('HSET', keys[14], 'reader', '0-0,' .. format('%d', read_clock()))
  trim_outbox({ keys[3], keys[14] }, { '1', '1000', '0' })
end

local function as_expected(keys)
  local columns = call('HMGET', keys[1], 'q', 'a', 'r', 'f', 's', 'x')
  return concat(columns, ' ') == '22 0 0 235 235 0' and call('LLEN', keys[2]) == 22
    and call('XLEN', keys[3]) == 1 and call('HLEN', keys[4]) == 0 and call('ZCARD', keys[5]) == 0
    and call('HLEN', keys[9]) == 0 and call('HLEN', keys[11]) == 3 and call('HLEN', keys[13]) == 1
    and call('ZCARD', keys[12]) == 1 and call('HGET', keys[15], 'epoch') == '2'
    and match(call('HGET', keys[14], 'reader') or '', ',lagged$') ~= nil
end

local function self_test(keys)
  call('DEL', unpack(keys))
  local played, fault = pcall(play_each_operation, keys)
  local good = played and as_expected(keys)
  call('DEL', unpack(keys))
  if not played then
    error(fault)
  elseif not good then
    refuse('SELF_TEST_FAILED')
  end
  return 'OK'
end
