-- Makes the operations callable.
--
-- `allow-oom`: what frees or settles a hold works when memory is full.
-- The writes of each operation, as command and key position (permissions.lua); those to grants are checked
-- where an account has any (grant.lua).
local ENTRY_WRITES = { { 'hset', 1 }, { 'rpush', 2 }, { 'xadd', 3 } }
local HOLD_END_WRITES = { { 'hset', 10 }, { 'pexpireat', 10 }, { 'hdel', 9 }, { 'zrem', 5 } }
local IDEMPOTENCY_WRITES = { { 'hset', 6 }, { 'pexpireat', 6 } }

local function join_lists(...)
  local joined, lists = {}, { ... }
  for number = 1, #lists do
    for position = 1, #lists[number] do
      joined[#joined + 1] = lists[number][position]
    end
  end
  return joined
end

local CHARGE_WRITES = join_lists(ENTRY_WRITES, IDEMPOTENCY_WRITES)
local EXPIRE_WRITES = join_lists(ENTRY_WRITES, HOLD_END_WRITES)
local SETTLE_WRITES = join_lists(CHARGE_WRITES, HOLD_END_WRITES, { { 'hset', 9 } })

local function register(name, operation, flags, writes)
  local function guarded(keys, arguments)
    require_permissions(writes, keys)
    return operation(keys, arguments)
  end
  redis.register_function({
    function_name = 'ledger1_' .. name,
    callback = function(keys, arguments)
      return run(guarded, keys, arguments)
    end,
    flags = flags,
  })
  registered[name] = guarded
end

register('create_account', create_account, {}, join_lists(ENTRY_WRITES, { { 'zadd', 4 } }))
register('update_account', update_account, {}, join_lists(ENTRY_WRITES, { { 'hdel', 1 } }))
register('set_freeze', set_freeze, {}, join_lists(ENTRY_WRITES, { { 'hdel', 1 } }))
register('close_account', close_account, {}, join_lists(ENTRY_WRITES, { { 'hdel', 1 } }))
register('credit', credit, {}, join_lists(CHARGE_WRITES, { { 'hset', 9 } }))
register('charge', charge, {}, CHARGE_WRITES)
register('reserve', reserve, {}, join_lists(CHARGE_WRITES, { { 'hset', 9 }, { 'zadd', 5 } }))
register('commit', commit, { 'allow-oom' }, SETTLE_WRITES)
register('release', release, { 'allow-oom' }, SETTLE_WRITES)
register('debit_batch', batch.of({ 'charge', 'reserve' }), {}, {})
register('settle_batch', batch.of({ 'commit', 'release' }), { 'allow-oom' }, {})
register('extend', extend, {}, join_lists(SETTLE_WRITES, { { 'zadd', 5 } }))
register('adjust', adjust, {}, CHARGE_WRITES)
register('refund', refund, {}, join_lists(CHARGE_WRITES, { { 'hset', 10 } }))
register('reverse_credit', reverse_credit, {}, join_lists(CHARGE_WRITES, { { 'hset', 9 } }))
register('expire_hold', expire_hold, { 'allow-oom' }, EXPIRE_WRITES)
register('expire_grant', expire_grant, { 'allow-oom' }, join_lists(ENTRY_WRITES, { { 'zrem', 5 } }))
register('expire_batch', batch.of({ 'expire_hold', 'expire_grant' }), { 'allow-oom' }, {})
register('read_reservation', read_reservation, { 'allow-oom' }, EXPIRE_WRITES)
register('read_account', read_account, { 'no-writes' }, {})
register('read_entries', read_entries, { 'no-writes' }, {})
register('find_due', find_due, { 'no-writes' }, {})
register('find_entry_by_time', find_entry_by_time, { 'no-writes' }, {})
register('read_refunds', read_refunds, { 'no-writes' }, {})
register('read_balance', read_balance, { 'no-writes' }, {})
register('read_grants', read_grants, { 'no-writes' }, {})
register('find_replay', find_replay, { 'no-writes' }, {})
register('snapshot_account', snapshot_account, { 'no-writes' }, {})
register('scan_records', scan_records, { 'no-writes' }, {})
register('archive_entries', archive_entries, { 'allow-oom' }, { { 'zadd', 3 }, { 'hset', 1 }, { 'ltrim', 2 } })
register('read_archive', read_archive, { 'no-writes' }, {})
register('trim_outbox', trim_outbox, { 'allow-oom' }, { { 'xtrim', 1 }, { 'hset', 2 }, { 'hdel', 2 } })
register('scan_journal', scan_journal, { 'no-writes' }, {})
register('create_genesis', create_genesis, {}, { { 'hset', 1 } })
register('touch', touch, { 'allow-oom' }, { { 'hset', 1 } })
register('note_primary', note_primary, { 'allow-oom' }, { { 'hset', 1 } })
register('self_test', self_test, {}, {})
register('library_revision', function() return LIBRARY_REVISION end, { 'no-writes' }, {})
