-- What every other file stands on: host functions, the one way to refuse, bounds.
--
-- While FUNCTION LOAD runs, `math`, `string` and `redis.call` do not exist yet: the first call binds them.
local call, may_run, floor, format, concat, remove, sort, byte, sub, find, match, gmatch, encode_json

local function bind_host()
  floor, format, concat, sort = math.floor, string.format, table.concat, table.sort
  remove = table.remove
  byte, sub, find, match, gmatch = string.byte, string.sub, string.find, string.match, string.gmatch
  encode_json = cjson.encode
  may_run = redis.acl_check_cmd
  call = redis.call
end

-- Separates fields of stored records; never part of a value (JSON escapes it, the contract's patterns exclude it).
local SEPARATOR = '\31'
-- Ends each field but the last of a reply that is one text; never part of a value either.
local FIELD_END = '\29'
-- Begins what stands for an archived entry in a reply.
local ARCHIVED = '\30'
local DAY_MS = 86400000

local limits = {
  memo_bytes = 131072,
  terms_bytes = 32768,
  hold_ttl_ms = DAY_MS,
  open_holds = 100000,
  active_grants = 64,
  settlements = 32,
  -- One reading of a journal: entries, and bytes after which it takes no more.
  read_entries = 500,
  read_bytes = 524288,
  freeze_reasons = 16,
  -- A record is read on the day it was written and the two days after it, which is at least 48 h.
  idempotency_days = 4,
  -- A hold lives at most a day past its creation day, then answers for 7 more.
  settled_days = 9,
  -- After that silence nothing remembers a reader of the outbox.
  reader_kept_ms = 7 * DAY_MS,
}

-- Ends the function without any write; `facts` are texts by name. Legal only before the write block.
local function refuse(reason, facts)
  error({ refusal = reason .. ' ' .. encode_json(facts or {}) })
end

-- An error reply for a refusal that comes after a write (an expiry that the call had to perform first).
local function refusal(reason, facts)
  return { err = reason .. ' ' .. encode_json(facts or {}) }
end

-- Stored data contradict themselves: nothing may be written on top of them.
local function corrupt(what)
  refuse('LEDGER_CORRUPT', { what = what })
end

-- Runs an operation so that a refusal, a Redis error and a fault of the code all become error replies.
local function run(operation, keys, arguments)
  if not call then
    bind_host()
  end
  local ok, reply = pcall(operation, keys, arguments)
  if ok then
    return reply
  end
  if type(reply) == 'table' then
    return { err = reply.refusal or reply.err or 'LEDGER_FAULT {}' }
  end
  -- Errors of redis.call are tables or texts, as the server's version has it.
  local redis_error = match(reply, '^user_function:%d+: (%u+ .*)$') or match(reply, '^%u+ .*$')
  return { err = redis_error or 'LEDGER_FAULT ' .. encode_json({ what = reply }) }
end
